import { seriesId } from '../store/series-id.ts';
import type { SeriesRow } from '../store/tables.ts';
import { type ActiveSetLimits, createActiveSet, type Member } from './active-set.ts';
import { StorableSeries } from './storable-series.ts';

/** How many series and agents a tenant may have, and how much may stand in the labels of a series. */
export interface CardinalityBudget {
  maxSeries: number;
  maxSeriesPerAgent: number;
  maxNewSeriesPerMinute: number;
  maxAgents: number;
  maxLabels: number;
  maxLabelNameLength: number;
  maxLabelValueLength: number;
}

export const cardinalityLimits = [
  ...(['series', 'series_per_agent', 'new_series_per_minute'] as const),
  ...(['agents', 'kinds_per_agent', 'new_agents_per_minute'] as const),
  ...(['labels', 'label_name_length', 'label_value_length'] as const),
] as const;
export type CardinalityLimit = (typeof cardinalityLimits)[number];

/** What of one tenant went beyond a limit since the last sweep: samples, or heartbeats and events. */
export interface Overflow {
  tenant: string;
  limit: CardinalityLimit;
  /** Empty when the limit is that of the tenant. */
  agent: string;
  /** The metric of the first such sample; empty for heartbeats and events. */
  metric: string;
  samples: number;
}

/** Holds each tenant to its budget. One per process: every protocol asks it for every record. */
export interface SeriesAdmission {
  /**
   * The series that a sample is to be stored under: its own or, when that would be one too many or its labels are too
   * many or too long, the overflow series of its metric, with `overflow="true"` as its only label. Of a series that is
   * known it costs next to nothing.
   */
  admit(series: StorableSeries, nowMs: number): StorableSeries;
  /**
   * Whether a heartbeat of an agent, or an event of a kind of task, may be stored: series are derived from it, of which
   * there could be one too many. Answers the limit that is exceeded. Agents do not count as series, nor series as
   * agents, so that metrics that run wild hide no agent.
   */
  admitAgent(tenant: string, agent: string, kind: string, nowMs: number): CardinalityLimit | undefined;
  /** Remembers a series that the store has, heard of last at `lastMs`. */
  remember(series: { tenant: string; id: string; metric: string; agent: string; kind: string }, lastMs: number): void;
  /** Holds the tenants that are named to budgets of their own; what such a one leaves out is as for all. */
  setBudgets(budgets: ReadonlyMap<string, Partial<CardinalityBudget>>): void;
  /** Forgets a part of what has been silent for too long, and answers what overflowed since the last call. */
  sweep(nowMs: number): Overflow[];
  /** How many series each tenant has in use. */
  usage(): { tenant: string; series: number }[];
}

const minuteMs = 60_000;
const maxKindsPerAgent = 1000;
/** Limits of which no agent is told: they are those of the tenant. */
const ofTenantAlone: ReadonlySet<CardinalityLimit> = new Set(['series', 'new_series_per_minute']);
const seriesLimits: Record<keyof ActiveSetLimits, CardinalityLimit> = {
  max: 'series',
  maxPerAgent: 'series_per_agent',
  maxNewPerMinute: 'new_series_per_minute',
};
const agentLimits: Record<keyof ActiveSetLimits, CardinalityLimit> = {
  max: 'agents',
  maxPerAgent: 'kinds_per_agent',
  maxNewPerMinute: 'new_agents_per_minute',
};
/** Of the series that ClickHouse derives, one stands for an agent, one for a kind of task of an agent. */
const agentMetric = 'agent_up_ratio';
const kindMetric = 'tasks_finished_total';

/**
 * Creates the admission.
 *
 * @param activeHours what was silent for so long counts no more.
 */
export function createSeriesAdmission({
  budget,
  activeHours,
}: {
  budget: CardinalityBudget;
  activeHours: number;
}): SeriesAdmission {
  let own: ReadonlyMap<string, Partial<CardinalityBudget>> = new Map();
  const budgetOf = (tenant: string): CardinalityBudget => ({ ...budget, ...own.get(tenant) });
  const series = createActiveSet((tenant) => {
    const { maxSeries, maxSeriesPerAgent, maxNewSeriesPerMinute } = budgetOf(tenant);
    return { max: maxSeries, maxPerAgent: maxSeriesPerAgent, maxNewPerMinute: maxNewSeriesPerMinute };
  });
  const agents = createActiveSet((tenant) => {
    const { maxAgents, maxNewSeriesPerMinute } = budgetOf(tenant);
    return { max: maxAgents, maxPerAgent: maxKindsPerAgent, maxNewPerMinute: maxNewSeriesPerMinute };
  });
  const overflowSeries = new Map<string, Map<string, StorableSeries>>();
  const overflows = createOverflowLog();
  const memberOf = (agent: string, kind: string) => `${agent}\0${kind}`;

  function enter(tenant: string, id: string, agent: string, nowMs: number): CardinalityLimit | Member {
    const entered = series.enter(tenant, id, agent, nowMs);
    return typeof entered === 'object' ? entered : seriesLimits[entered];
  }

  return {
    admit(candidate, nowMs) {
      // Nothing is forgotten that was heard of within a minute, so that the member need not even be looked at.
      const minute = (nowMs / minuteMs) | 0;
      if (candidate.admittedMinute === minute) return candidate;
      const { member } = candidate;
      if (member?.isIn) {
        member.heardAt = nowMs;
        candidate.admittedMinute = minute;
        return candidate;
      }
      const { tenant, series_id, labels, metric } = candidate.row;
      candidate.member = series.touch(tenant, series_id, nowMs);
      if (candidate.member !== undefined) return candidate;
      const agent = labels.agent ?? '';
      const entered = labelLimitOf(labels, budgetOf(tenant)) ?? enter(tenant, series_id, agent, nowMs);
      if (typeof entered === 'object') {
        candidate.member = entered;
        return candidate;
      }
      overflows.add({ tenant, limit: entered, agent: ofTenantAlone.has(entered) ? '' : agent, metric });
      const ofTenant = overflowSeries.get(tenant) ?? new Map<string, StorableSeries>();
      overflowSeries.set(tenant, ofTenant);
      return overflowOf(ofTenant, candidate.row);
    },
    admitAgent(tenant, agent, kind, nowMs) {
      const exceeded = agents.enter(tenant, memberOf(agent, kind), agent, nowMs);
      if (typeof exceeded === 'object') return undefined;
      const limit = agentLimits[exceeded];
      overflows.add({ tenant, limit, agent: exceeded === 'maxPerAgent' ? agent : '', metric: '' });
      return limit;
    },
    remember({ tenant, id, metric, agent, kind }, lastMs) {
      if (metric === agentMetric) agents.remember(tenant, memberOf(agent, ''), agent, lastMs);
      else if (metric === kindMetric) agents.remember(tenant, memberOf(agent, kind), agent, lastMs);
      else series.remember(tenant, id, agent, lastMs);
    },
    setBudgets(budgets) {
      own = budgets;
    },
    sweep(nowMs) {
      const before = nowMs - activeHours * 3_600_000;
      series.forgetSilent(before);
      agents.forgetSilent(before);
      return overflows.take();
    },
    usage: () => series.sizes().map(({ tenant, size }) => ({ tenant, series: size })),
  };
}

/** The limit that the labels of a series exceed, if any. */
function labelLimitOf(
  labels: Readonly<Record<string, string>>,
  { maxLabels, maxLabelNameLength, maxLabelValueLength }: CardinalityBudget,
): CardinalityLimit | undefined {
  const pairs = Object.entries(labels);
  if (pairs.length > maxLabels) return 'labels';
  if (pairs.some(([name]) => name.length > maxLabelNameLength)) return 'label_name_length';
  return pairs.some(([, value]) => value.length > maxLabelValueLength) ? 'label_value_length' : undefined;
}

/** Metrics beyond these share one overflow series: names of metrics can run wild as well. */
const maxOverflowMetrics = 1000;
const sharedOverflowMetric = 'overflow_samples';

function overflowOf(ofTenant: Map<string, StorableSeries>, row: SeriesRow): StorableSeries {
  const hasOwn = ofTenant.has(row.metric) || ofTenant.size < maxOverflowMetrics;
  const metric = hasOwn ? row.metric : sharedOverflowMetric;
  let series = ofTenant.get(metric);
  if (series === undefined) {
    const labels = { overflow: 'true' };
    series = new StorableSeries({ ...row, metric, labels, series_id: seriesId(row.tenant, metric, labels) });
    ofTenant.set(metric, series);
  }
  return series;
}

/** Of more than these, a report does not tell one by one which agents were over their budgets. */
const maxReported = 100;

function createOverflowLog() {
  let overflows = new Map<string, Overflow>();
  return {
    add(overflow: Omit<Overflow, 'samples'>): void {
      const agent = overflows.size < maxReported ? overflow.agent : '';
      const key = `${overflow.tenant}\0${overflow.limit}\0${agent}`;
      const known = overflows.get(key);
      if (known === undefined) overflows.set(key, { ...overflow, agent, samples: 1 });
      else known.samples++;
    },
    take(): Overflow[] {
      const taken = [...overflows.values()];
      overflows = new Map();
      return taken;
    },
  };
}
