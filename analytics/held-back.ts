import { type AnomalyShape, heldBackBy } from '../models/feedback/hold-back.ts';
import { thresholdFactor } from '../models/feedback/threshold-factor.ts';
import { type Feedback, listFeedback } from '../store/records/feedback.ts';
import type { StateStore } from '../store/state.ts';
import type { RowOf } from '../store/table.ts';
import type { anomaliesTable } from '../store/tables.ts';
import { movedDetector } from './moved-thresholds.ts';

type AnomalyRow = RowOf<typeof anomaliesTable>;

/** The part of a row that tells its shape; `as_of` stands for the end of an open one. */
type Shaped = Pick<AnomalyRow, 'detector' | 'started_at' | 'ended_at' | 'peak_score' | 'peak_value' | 'expected'> & {
  as_of: number;
};

/** What similar anomalies are told by: the score is by the threshold that everybody begins with, whatever `feedback` has made of it. */
export function shapeOf(row: Shaped, feedback: readonly Feedback[]): AnomalyShape {
  const { detector, started_at, ended_at, peak_score, peak_value, expected, as_of } = row;
  const factor = detector === movedDetector ? thresholdFactor(feedback) : 1;
  return {
    direction: peak_value < expected ? 'below' : 'above',
    score: peak_score * Math.min(1, factor),
    startMs: started_at,
    durationMs: (ended_at ?? Math.max(as_of, started_at)) - started_at,
  };
}

/** The feedback for which nobody is told of an anomaly of the series; empty when people are told. */
export function heldBackFor(row: Shaped, feedback: readonly Feedback[]): string {
  return heldBackBy(shapeOf(row, feedback), feedback) ?? '';
}

/** Marks a row of which nobody is to be told. */
export type MarkAnomaly = (row: AnomalyRow) => AnomalyRow;

/** Marks rows of a series by all that is said of it. */
export function markBy(feedback: readonly Feedback[]): MarkAnomaly {
  return (row) => ({ ...row, held_back_by: heldBackFor(row, feedback) });
}

/** Marks rows by what people have said of the series of a tenant until now. */
export async function recallMarks(state: StateStore, tenant: string): Promise<MarkAnomaly> {
  const bySeries = Map.groupBy(await listFeedback(state, tenant), ({ series }) => series);
  return (row) => {
    const feedback = bySeries.get(row.series_id);
    return feedback === undefined ? row : markBy(feedback)(row);
  };
}
