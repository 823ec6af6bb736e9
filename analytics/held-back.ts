import { type AnomalyShape, effectDays, heldBackBy } from '../models/feedback/hold-back.ts';
import { thresholdFactor } from '../models/feedback/threshold-factor.ts';
import { holdBackAnomalies, type AnomalyRow as ListedAnomaly, listAnomalies } from '../store/queries/detection.ts';
import { type Feedback, listFeedback } from '../store/records/feedback.ts';
import type { StateStore } from '../store/state.ts';
import type { RowOf } from '../store/table.ts';
import type { anomaliesTable } from '../store/tables.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { movedDetector, saidOf } from './moved-thresholds.ts';

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

/** What people had said of the series of a tenant when a run began. */
export interface RecalledMarks {
  mark: MarkAnomaly;
  /** Marks anew the series of which something was said, or taken back, since: a request did so, and the run did not know. */
  refresh(asOf: number): Promise<void>;
}

export async function recallMarks(
  { telemetry, state }: { telemetry: TelemetryStore; state: StateStore },
  tenant: string,
): Promise<RecalledMarks> {
  const recall = async () => Map.groupBy(await listFeedback(state, tenant), ({ series }) => series);
  const before = await recall();
  return {
    mark(row) {
      const feedback = before.get(row.series_id);
      return feedback === undefined ? row : markBy(feedback)(row);
    },
    async refresh(asOf) {
      const after = await recall();
      for (const series of new Set([...before.keys(), ...after.keys()])) {
        const feedback = after.get(series) ?? [];
        if (saidOf(before.get(series) ?? []) === saidOf(feedback)) continue;
        const rows = await listAllOf(telemetry, tenant, series, asOf - 2 * effectMs);
        await markPlain(telemetry, tenant, rows, feedback, asOf);
      }
    },
  };
}

const everything = { id: '', metric: '', agent: '', minScore: 0, open: 2, heldBack: 2, beforeId: '', limit: 10_000 };
const farMs = 8_000_000_000_000;
const effectMs = effectDays * 86_400_000;

/** The anomalies of a series that went on at or after `from`, held back or not, but for those that are withdrawn. */
export function listAllOf(
  telemetry: TelemetryStore,
  tenant: string,
  series: string,
  from: number,
): Promise<ListedAnomaly[]> {
  return telemetry.query(listAnomalies, { ...everything, from, to: farMs, beforeTime: farMs, tenant, series });
}

/** Marks the anomalies of a series that the detectors found by themselves, as they were listed, by all that is said of it. */
export async function markPlain(
  telemetry: TelemetryStore,
  tenant: string,
  rows: readonly ListedAnomaly[],
  feedback: readonly Feedback[],
  asOf: number,
): Promise<void> {
  const plain = rows.filter(({ detector }) => detector !== movedDetector);
  const byMark = Map.groupBy(plain, (row) => heldBackFor({ ...row, as_of: asOf }, feedback));
  for (const [by, marked] of byMark) {
    const ids = marked.filter(({ held_back_by }) => held_back_by !== by).map(({ id }) => id);
    if (ids.length > 0) await telemetry.run(holdBackAnomalies, { tenant, series: marked[0]!.series_id, by, ids });
  }
}
