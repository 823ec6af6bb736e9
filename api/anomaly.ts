import { z } from '@hono/zod-openapi';
import { type AnomalyRow, listAnomalies } from '../store/queries/detection.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { AppError } from '../telemetry/errors.ts';
import { finiteOrNull, isoTime, labelsValue, toIso } from './values.ts';

const nullableNumber = z.number().nullable();

/** An anomaly in an answer. */
export const anomalySchema = z
  .object({
    id: z.string(),
    seriesId: z.string(),
    metric: z.string(),
    labels: labelsValue,
    unit: z.string(),
    detector: z.string(),
    startedAt: isoTime,
    endedAt: isoTime.nullable().openapi({ description: 'Null while it is open.' }),
    peakAt: isoTime,
    peakScore: nullableNumber.openapi({ description: 'Above 1.' }),
    peakValue: nullableNumber,
    expected: nullableNumber,
    lower: nullableNumber,
    upper: nullableNumber,
    maturity: z.number().openapi({ description: 'How much the detector had seen by then, 0 to 1.' }),
    reason: z.string(),
    heldBackBy: z.string().nullable().openapi({ description: 'The feedback for which nobody is told of it.' }),
  })
  .openapi('Anomaly');

/** The parameters of the list that let everything through. */
export const anyAnomaly = {
  id: '',
  series: '',
  metric: '',
  agent: '',
  from: 0,
  to: 8_000_000_000_000,
  minScore: 0,
  open: 2,
  heldBack: 2,
  beforeTime: 8_000_000_000_000,
  beforeId: '',
};

/** @throws AppError `not_found`. */
export async function findAnomaly(telemetry: TelemetryStore, tenant: string, id: string): Promise<AnomalyRow> {
  const [row] = await telemetry.query(listAnomalies, { ...anyAnomaly, tenant, id, limit: 1 });
  if (row === undefined) throw new AppError('not_found', `no anomaly ${JSON.stringify(id)}`);
  return row;
}

/** The anomaly of a row. */
export function toAnomaly(row: AnomalyRow) {
  return {
    id: row.id,
    seriesId: row.series_id,
    metric: row.metric,
    labels: row.labels,
    unit: row.unit,
    detector: row.detector,
    startedAt: toIso(row.started_at),
    endedAt: row.ended_at === null ? null : toIso(row.ended_at),
    peakAt: toIso(row.peak_at),
    peakScore: finiteOrNull(row.peak_score),
    peakValue: finiteOrNull(row.peak_value),
    expected: finiteOrNull(row.expected),
    lower: finiteOrNull(row.lower),
    upper: finiteOrNull(row.upper),
    maturity: row.maturity,
    reason: row.reason,
    heldBackBy: row.held_back_by === '' ? null : row.held_back_by,
  };
}
