import { type AnomalyShape, effectDays, heldBackBy } from '../models/feedback/hold-back.ts';
import { thresholdFactor } from '../models/feedback/threshold-factor.ts';
import { holdBackAnomalies, listAnomalies } from '../store/queries/detection.ts';
import { type Feedback, listFeedback } from '../store/records/feedback.ts';
import type { StateStore } from '../store/state.ts';
import type { RowOf } from '../store/table.ts';
import type { anomaliesTable } from '../store/tables.ts';
import type { TelemetryStore } from '../store/telemetry.ts';

type AnomalyRow = RowOf<typeof anomaliesTable>;

/** The part of a row that tells its shape; `as_of` stands for the end of an open one. */
type Shaped = Pick<AnomalyRow, 'started_at' | 'ended_at' | 'peak_score' | 'peak_value' | 'expected'> & {
  as_of: number;
};

/** What similar anomalies are told by. */
export function shapeOf({ started_at, ended_at, peak_score, peak_value, expected, as_of }: Shaped): AnomalyShape {
  return {
    direction: peak_value < expected ? 'below' : 'above',
    score: peak_score,
    startMs: started_at,
    durationMs: (ended_at ?? Math.max(as_of, started_at)) - started_at,
  };
}

/** What people have said of the series of a tenant until now. */
export interface RecalledFeedback {
  /** Marks a row of which nobody is to be told. */
  mark(row: AnomalyRow): AnomalyRow;
  /** What they have made of the threshold of a series. */
  factorOf(seriesId: string): number;
}

export async function recallFeedback(state: StateStore, tenant: string): Promise<RecalledFeedback> {
  const bySeries = Map.groupBy(await listFeedback(state, tenant), ({ series }) => series);
  const factors = new Map([...bySeries].map(([series, feedback]) => [series, thresholdFactor(feedback)]));
  return {
    mark(row) {
      const feedback = bySeries.get(row.series_id);
      return feedback === undefined ? row : { ...row, held_back_by: heldBackBy(shapeOf(row), feedback) ?? '' };
    },
    factorOf: (seriesId) => factors.get(seriesId) ?? 1,
  };
}

/** The shape of an anomaly at the threshold that everybody begins with, whatever `before` had made of it when it was at its peak. */
export function plainShapeOf(row: Shaped & { peak_at: number }, before: readonly Feedback[]): AnomalyShape {
  const shape = shapeOf(row);
  const factor = thresholdFactor(before.filter(({ at }) => at <= row.peak_at));
  return { ...shape, score: shape.score * Math.min(1, factor) };
}

const everything = { id: '', metric: '', agent: '', minScore: 0, open: 2, heldBack: 2, beforeId: '', limit: 10_000 };
const farMs = 8_000_000_000_000;
const effectMs = effectDays * 86_400_000;

/** An anomaly that feedback has moved, or has not. */
export interface AffectedAnomaly {
  id: string;
  startedAt: number;
  peakScore: number;
  heldBackBy: string;
}

/** What feedback does to the alarms of its series in the last thirty days. */
export interface FeedbackEffect {
  /** Of which people would not have been told, and before were. */
  gone: AffectedAnomaly[];
  /** Of which they would have been told all the same. */
  stayed: AffectedAnomaly[];
  /** Of which they are told again. */
  back: AffectedAnomaly[];
  /** What is made of the threshold of the series by all that is said of it now. */
  thresholdFactor: number;
}

/**
 * Marks the anomalies of a series that the feedback `changed`, which was given or taken back, speaks of, by all that is said
 * of the series now; tells what that changed. Of those that stay as they are, the last thirty days are told.
 */
export async function applyFeedback(
  { telemetry, state }: { telemetry: TelemetryStore; state: StateStore },
  { tenant, series, at }: Pick<Feedback, 'tenant' | 'series' | 'at'>,
  asOf: number,
): Promise<FeedbackEffect> {
  const feedback = await listFeedback(state, tenant, { series });
  const range = { from: Math.min(at, asOf) - effectMs, to: farMs, beforeTime: farMs };
  const rows = await telemetry.query(listAnomalies, { ...everything, ...range, tenant, series });
  const effect: FeedbackEffect = { gone: [], stayed: [], back: [], thresholdFactor: thresholdFactor(feedback) };
  const moved = new Map<string, string[]>();
  for (const row of rows) {
    const by = heldBackBy(shapeOf({ ...row, as_of: asOf }), feedback) ?? '';
    const affected = { id: row.id, startedAt: row.started_at, peakScore: row.peak_score, heldBackBy: by };
    if (by !== '' && row.held_back_by === '') effect.gone.push(affected);
    else if (by === '' && row.held_back_by !== '') effect.back.push(affected);
    else if (by === '' && row.started_at >= asOf - effectMs) effect.stayed.push(affected);
    if (by !== row.held_back_by) moved.set(by, [...(moved.get(by) ?? []), row.id]);
  }
  for (const [by, ids] of moved) await telemetry.run(holdBackAnomalies, { tenant, series, by, ids });
  return effect;
}
