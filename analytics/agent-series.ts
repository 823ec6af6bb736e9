import { selectedSeries } from '../store/queries/selected-series.ts';
import type { Tenant } from '../store/records/tenants.ts';
import type { TelemetryStore } from '../store/telemetry.ts';

/** The series that says how far an agent, all its metrics together, is from what agents of its type show; 1 is the threshold. */
export const vectorScoreMetric = 'agent_vector_score';

/** A series of an agent. Series of two agents of one type compare when their `dimension` is the same. */
export interface AgentSeries {
  id: string;
  agent: string;
  type: string;
  version: string;
  /** What it does among those of its type; empty when nobody said so. */
  role: string;
  metric: string;
  /** The metric with the labels that tell its work apart, such as `queue_depth{queue=slow}`. */
  dimension: string;
}

/**
 * The series of a tenant, or those of one metric, that belong to an agent of a known type and are read by the minute; counts are not, for by
 * the minute most are 0 or 1. A label whose value is another with each series of a metric (a host, an instance) names
 * the agent once more and is no part of the dimension, nor are its type, its version and its role.
 */
export async function readAgentSeries(
  telemetry: TelemetryStore,
  tenant: Pick<Tenant, 'id'>,
  excludeMetrics: readonly string[],
  metric = '',
): Promise<AgentSeries[]> {
  const all = await telemetry.query(selectedSeries, { tenant: tenant.id, metric, agent: '', type: '' });
  const usable = all.filter(
    ({ agent, type, metric, aggregation }) =>
      agent !== '' && type !== '' && aggregation !== 'sum' && !excludeMetrics.includes(metric),
  );
  const groups = Map.groupBy(usable, ({ type, metric }) => `${type}\0${metric}`);
  return [...groups.values()].flatMap((group) => {
    const names = workLabels(group.map(({ labels }) => labels));
    return group.map(({ id, agent, type, version, role, metric, labels }) => {
      const work = names.filter((name) => labels[name]).map((name) => `${name}=${labels[name]}`);
      return {
        id,
        agent,
        type,
        version,
        role,
        metric,
        dimension: work.length === 0 ? metric : `${metric}{${work.join(',')}}`,
      };
    });
  });
}

function workLabels(labelSets: readonly Readonly<Record<string, string>>[]): string[] {
  const names = new Set(labelSets.flatMap((labels) => Object.keys(labels)));
  names.delete('agent');
  names.delete('type');
  names.delete('version');
  names.delete('role');
  return [...names]
    .filter(
      (name) => new Set(labelSets.map((labels) => labels[name])).size < labelSets.length || labelSets.length === 1,
    )
    .sort();
}
