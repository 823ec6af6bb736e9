import { incidentsOfFindings } from '../store/queries/incidents.ts';
import { resolutions } from '../store/records/incident-actions.ts';
import { readWatermark } from '../store/records/job-runs.ts';
import type { Tenant } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import { incidentsTable } from '../store/tables.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { incidentsJobId, regroupFindings } from './incidents.ts';

const dayMs = 86_400_000;

/** A finding that came, or went. Unix milliseconds; `ended_at` is null while it goes on. */
export interface ChangedFinding {
  id: string;
  started_at: number;
  ended_at: number | null;
}

export interface RegroupedIncident {
  id: string;
  title: string;
}

/**
 * Groups anew the incidents of findings that came or went, however long ago, as the job `incidents` would have: what its last
 * run has not looked at yet is left to it.
 *
 * @returns the incidents that are no more, and those that are there again.
 */
export async function regroupAround(
  { telemetry, state }: { telemetry: TelemetryStore; state: StateStore },
  tenant: Tenant,
  changed: readonly ChangedFinding[],
  now: number,
): Promise<{ gone: RegroupedIncident[]; back: RegroupedIncident[] }> {
  const effect = { gone: [] as RegroupedIncident[], back: [] as RegroupedIncident[] };
  const asOf = await readWatermark(state, incidentsJobId);
  const due = changed.filter(({ started_at }) => asOf !== undefined && started_at < asOf);
  if (asOf === undefined || due.length === 0) return effect;
  const resolved = await resolutions(state, tenant.id, asOf);
  const until = Math.ceil(Math.max(asOf, now) / dayMs) + tenant.rollupRetentionDays;
  for (const cluster of clusters(due)) {
    const core = await coreOf(telemetry, tenant.id, cluster, asOf);
    const findings = new Set(cluster.map(({ id }) => id));
    const { rows, stored } = await regroupFindings(telemetry, tenant.id, { core, findings, resolved, asOf, until });
    await telemetry.insert(incidentsTable, rows);
    const wasThere = new Set(
      stored.filter(({ withdrawn, merged_into }) => !withdrawn && merged_into === '').map(({ id }) => id),
    );
    for (const { incident_id: id, title, withdrawn, merged_into } of rows) {
      const isThere = withdrawn === 0 && merged_into === '';
      if (isThere && !wasThere.has(id)) effect.back.push({ id, title });
      if (!isThere && wasThere.has(id)) effect.gone.push({ id, title });
    }
  }
  return effect;
}

/** Findings with a day or more between them are regrouped apart, so that little is read. */
function clusters(changed: readonly ChangedFinding[]): ChangedFinding[][] {
  const sorted = changed.toSorted((a, b) => a.started_at - b.started_at);
  const all: ChangedFinding[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const finding of sorted) {
    if (finding.started_at > end + dayMs) all.push([]);
    all.at(-1)!.push(finding);
    end = Math.max(end, finding.ended_at ?? Number.POSITIVE_INFINITY);
  }
  return all;
}

/** The time of the findings, and of the incidents that they are or were in. */
async function coreOf(
  telemetry: TelemetryStore,
  tenant: string,
  cluster: readonly ChangedFinding[],
  asOf: number,
): Promise<{ from: number; to: number }> {
  const ids = cluster.map(({ id }) => id);
  const from = cluster[0]!.started_at;
  const to = Math.max(...cluster.map(({ ended_at }) => ended_at ?? asOf));
  const incidents = await telemetry.query(incidentsOfFindings, { tenant, from, to, ids });
  const spans = incidents.flatMap(({ findings }) => findings);
  return {
    from: Math.min(from, ...spans.map(({ startMs }) => startMs)),
    to: Math.min(asOf, Math.max(to, ...spans.map(({ endMs }) => endMs ?? asOf)) + 1),
  };
}
