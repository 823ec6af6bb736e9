import {
  createVerdictColumns,
  setVerdict,
  type VerdictColumns,
  verdictAt,
} from '../models/detectors/verdict-columns.ts';
import { initThreshold, type ThresholdState } from '../models/thresholds.ts';
import { detectorStates } from '../store/queries/detection.ts';
import type { Tenant } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import type { RowOf } from '../store/table.ts';
import { anomaliesTable, detectorStatesTable } from '../store/tables.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { minuteMs } from './agent-points.ts';
import { anomalyRow, decide } from './detection-rows.ts';
import { recallFindings, withdrawUnfound } from './earlier-findings.ts';
import { recallMarks } from './held-back.ts';
import type { JobWindow } from './job.ts';

/** What is remembered between windows of a series that this detector judges. */
export interface AgentMemory {
  detector: unknown;
  threshold: ThresholdState;
  /** Every minute that ended by then has been judged; Unix milliseconds. */
  asOf: number;
}

export type AgentMemories = Map<string, AgentMemory>;

const dayMs = 86_400_000;
const saveEveryMs = 900_000;

/** The memories of a detector, by series, as they were at or before `before`. */
export async function loadAgentMemories(
  telemetry: TelemetryStore,
  tenant: Tenant,
  detector: string,
  before: number,
): Promise<AgentMemories> {
  const rows = await telemetry.query(detectorStates, { tenant: tenant.id, detector, before, shard: 0, shards: 1 });
  return new Map(
    rows.map(({ id, as_of, state }) => [id, { ...(JSON.parse(state) as Omit<AgentMemory, 'asOf'>), asOf: as_of }]),
  );
}

/** Keeps the memories that the window has moved: at the end of a long one, at midnight, and every quarter of an hour. */
export async function saveAgentMemories(
  telemetry: TelemetryStore,
  tenant: Tenant,
  detector: string,
  memories: AgentMemories,
  { from, to, retainFromDay }: JobWindow,
): Promise<void> {
  if (to % saveEveryMs !== 0 && to - from < saveEveryMs) return;
  const rows: RowOf<typeof detectorStatesTable>[] = [];
  for (const [id, { asOf, ...state }] of memories) {
    if (asOf <= from) continue;
    rows.push({
      tenant: tenant.id,
      detector,
      series_id: id,
      day: Math.floor((asOf - 1) / dayMs),
      as_of: asOf,
      state: JSON.stringify(state),
      until: retainFromDay + tenant.rawRetentionDays,
    });
  }
  await telemetry.insert(detectorStatesTable, rows);
}

/** The minutes of one series that were judged in a window. */
export interface JudgedSeries {
  id: string;
  /** Of the detector, after the last minute. */
  state: unknown;
  times: Float64Array;
  values: Float64Array;
  verdicts: VerdictColumns;
}

/** The minutes from `first` on that have a value, of columns on a grid of minutes. */
export function pickJudged(
  id: string,
  startMs: number,
  values: Float64Array,
  verdicts: VerdictColumns,
  { first, state }: { first: number; state: unknown },
): JudgedSeries {
  const rows: number[] = [];
  for (let i = Math.max(0, first); i < values.length; i++) if (Number.isFinite(values[i])) rows.push(i);
  const picked = createVerdictColumns(rows.length);
  for (const [at, row] of rows.entries()) setVerdict(picked, at, verdictAt(verdicts, row));
  return {
    id,
    state,
    times: Float64Array.from(rows, (row) => startMs + row * minuteMs),
    values: Float64Array.from(rows, (row) => values[row]!),
    verdicts: picked,
  };
}

/**
 * Turns judged minutes into anomalies of a detector, by the thresholds that hold for every detector, and moves the
 * memories on. What an earlier run over the window found and this one did not is withdrawn. Answers how many there are.
 */
export async function storeFindings(
  { telemetry, state }: { telemetry: TelemetryStore; state: StateStore },
  {
    tenant,
    detector,
    memories,
    window,
  }: { tenant: Tenant; detector: string; memories: AgentMemories; window: JobWindow },
  judged: readonly JudgedSeries[],
): Promise<{ anomalies: number; withdrawn: number }> {
  const { from, to, retainFromDay } = window;
  const until = retainFromDay + tenant.rollupRetentionDays;
  const earlier = await recallFindings(telemetry, tenant.id, detector, window);
  const { mark, refresh } = await recallMarks({ telemetry, state }, tenant.id);
  const rows: RowOf<typeof anomaliesTable>[] = [];
  const heard = new Set<string>();
  for (const { id, state: detectorState, times, values, verdicts } of judged) {
    const threshold = memories.get(id)?.threshold ?? initThreshold();
    const decided = decide(threshold, { id, stepMs: minuteMs, times, values }, { verdicts }, from);
    memories.set(id, { detector: detectorState, threshold: decided.state, asOf: to });
    if (times.length > 0) heard.add(id);
    for (const anomaly of decided.changed)
      rows.push(earlier.settle(mark(anomalyRow(tenant, id, minuteMs, anomaly, to, until, detector))));
  }
  for (const [id, { threshold }] of memories) {
    const { open } = threshold;
    if (heard.has(id) || open === null || open.endMs <= from - dayMs) continue;
    rows.push(earlier.settle(mark(anomalyRow(tenant, id, minuteMs, open, to, until, detector))));
  }
  await telemetry.insert(anomaliesTable, rows);
  const withdrawn = await withdrawUnfound(telemetry, earlier, window, () => minuteMs);
  await refresh(to);
  return { anomalies: new Set(rows.map(({ anomaly_id }) => anomaly_id)).size, withdrawn };
}
