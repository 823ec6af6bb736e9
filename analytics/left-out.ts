import type { RegularSeries } from '../models/series.ts';
import { incidentAnomalies } from '../store/queries/detection.ts';
import { selectedSeries } from '../store/queries/selected-series.ts';
import { listFeedback } from '../store/records/feedback.ts';
import { listMaintenanceWindows } from '../store/records/maintenance-windows.ts';
import type { Tenant } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';

/** A time `[from, to)` in Unix milliseconds. */
export interface Interval {
  from: number;
  to: number;
}

/** An anomaly counts as an incident from this peak score on, twice what makes it one, of a detector that is mature. */
const leastIncidentScore = 2;
/** What goes on for longer than a day is how the series is now. */
const longestIncidentMs = 86_400_000;

/**
 * What a model of the ordinary must not learn from, by series: maintenance windows, and incidents. An incident is an
 * anomaly that a person called real; where nobody said anything of it, one with a peak score of at least 2 at full
 * maturity that lasted a day at most.
 */
export async function readLeftOut(
  { telemetry, state }: { telemetry: TelemetryStore; state: StateStore },
  tenant: Tenant,
  { from, to }: Interval,
): Promise<Map<string, Interval[]>> {
  const leftOut = new Map<string, Interval[]>();
  const add = (id: string, interval: Interval) => {
    const intervals = leftOut.get(id);
    if (intervals === undefined) leftOut.set(id, [interval]);
    else intervals.push(interval);
  };
  for (const window of await listMaintenanceWindows(state, tenant.id, { from, to })) {
    const { metric, agent, agentType: type } = window;
    const series = await telemetry.query(selectedSeries, { tenant: tenant.id, metric, agent, type });
    for (const { id } of series) add(id, window);
  }
  const saidOf = new Map((await listFeedback(state, tenant.id)).map((feedback) => [feedback.anomaly, feedback]));
  for (const { series, verdict, shape } of saidOf.values()) {
    const end = shape.startMs + shape.durationMs + 1;
    if (verdict === 'real' && shape.startMs < to && end > from) add(series, { from: shape.startMs, to: end });
  }
  const params = { tenant: tenant.id, from, to, minScore: leastIncidentScore, maxLengthMs: longestIncidentMs };
  for (const anomaly of await telemetry.query(incidentAnomalies, params)) {
    if (!saidOf.has(anomaly.id)) add(anomaly.series_id, { from: anomaly.started_at, to: anomaly.ended_at + 1 });
  }
  return leftOut;
}

/** The series with NaN in every cell that an interval touches; the series itself where there is none. */
export function leaveOut(series: RegularSeries, intervals: readonly Interval[] = []): RegularSeries {
  if (intervals.length === 0) return series;
  const values = series.values.slice();
  for (const { from, to } of intervals) {
    const first = Math.max(0, Math.floor((from - series.startMs) / series.stepMs));
    const end = Math.min(values.length, Math.ceil((to - series.startMs) / series.stepMs));
    if (first < end) values.fill(Number.NaN, first, end);
  }
  return { ...series, values };
}
