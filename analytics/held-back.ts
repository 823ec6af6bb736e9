import { type AnomalyShape, heldBackBy } from '../models/feedback/hold-back.ts';
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

/** Marks rows of which nobody is to be told, by what people have said of their series until now. */
export async function recallFeedback(state: StateStore, tenant: string): Promise<(row: AnomalyRow) => AnomalyRow> {
  const bySeries = Map.groupBy(await listFeedback(state, tenant), ({ series }) => series);
  return (row) => {
    const feedback = bySeries.get(row.series_id);
    return feedback === undefined ? row : { ...row, held_back_by: heldBackBy(shapeOf(row), feedback) ?? '' };
  };
}

const everything = { id: '', metric: '', agent: '', minScore: 0, open: 2, heldBack: 2, beforeId: '', limit: 10_000 };
const farMs = 8_000_000_000_000;
export const effectDays = 30;

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
}

/** Marks the anomalies that a series had in the thirty days before `asOf` by all that was said of it; tells what it changed. */
export async function applyFeedback(
  { telemetry, state }: { telemetry: TelemetryStore; state: StateStore },
  { tenant, series }: Pick<Feedback, 'tenant' | 'series'>,
  asOf: number,
): Promise<FeedbackEffect> {
  const feedback = await listFeedback(state, tenant, { series });
  const range = { from: asOf - effectDays * 86_400_000, to: farMs, beforeTime: farMs };
  const rows = await telemetry.query(listAnomalies, { ...everything, ...range, tenant, series });
  const effect: FeedbackEffect = { gone: [], stayed: [], back: [] };
  const moved = new Map<string, string[]>();
  for (const row of rows) {
    const by = heldBackBy(shapeOf({ ...row, as_of: asOf }), feedback) ?? '';
    const affected = { id: row.id, startedAt: row.started_at, peakScore: row.peak_score, heldBackBy: by };
    if (by !== '' && row.held_back_by === '') effect.gone.push(affected);
    else if (by === '') effect[row.held_back_by === '' ? 'stayed' : 'back'].push(affected);
    if (by !== row.held_back_by) moved.set(by, [...(moved.get(by) ?? []), row.id]);
  }
  for (const [by, ids] of moved) await telemetry.run(holdBackAnomalies, { tenant, series, by, ids });
  return effect;
}
