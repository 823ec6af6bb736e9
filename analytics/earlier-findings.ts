import { anomaliesBegun, withdrawAnomalies } from '../store/queries/detection.ts';
import type { RowOf } from '../store/table.ts';
import type { anomaliesTable } from '../store/tables.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { JobWindow } from './job.ts';

type AnomalyRow = RowOf<typeof anomaliesTable>;

/** What runs before this one found in the same window, by a detector of a tenant. */
export interface EarlierFindings {
  tenant: string;
  detector: string;
  /** The row as it must be written, so that it counts over what an earlier run said of the same anomaly. */
  settle(row: AnomalyRow): AnomalyRow;
  /** Those that `settle` was not asked about. */
  unfound(): { id: string; seriesId: string; startedAt: number }[];
}

const longestStepMs = 3_600_000;

/** Recalls the anomalies of one series, or (empty) of all, that began in the window, or in an hour of which it holds the end. */
export async function recallFindings(
  telemetry: TelemetryStore,
  tenant: string,
  detector: string,
  { from, to }: Pick<JobWindow, 'from' | 'to'>,
  series = '',
): Promise<EarlierFindings> {
  const rows = await telemetry.query(anomaliesBegun, { tenant, detector, from: from - longestStepMs, to, series });
  const earlier = new Map(rows.map((row) => [row.id, row]));
  const found = new Set<string>();
  return {
    tenant,
    detector,
    settle(row) {
      found.add(row.anomaly_id);
      const before = earlier.get(row.anomaly_id);
      if (before === undefined) return row;
      // Of an anomaly that goes on beyond the window, the run over a later window knows more.
      const isNews = before.withdrawn || (row.ended_at !== null && row.ended_at !== before.ended_at);
      return isNews ? { ...row, as_of: Math.max(row.as_of, before.as_of) } : row;
    },
    unfound: () =>
      rows
        .filter(({ id, withdrawn }) => !withdrawn && !found.has(id))
        .map(({ id, series_id, started_at }) => ({ id, seriesId: series_id, startedAt: started_at })),
  };
}

/**
 * Withdraws the anomalies that began in a bucket which this run has scored and that it did not find: an earlier run
 * knew less of the series, or data came late. Answers how many.
 *
 * @param stepOf the length of the buckets of a series in milliseconds; undefined for one that the run does not know.
 */
export async function withdrawUnfound(
  telemetry: TelemetryStore,
  earlier: EarlierFindings,
  { from, to }: Pick<JobWindow, 'from' | 'to'>,
  stepOf: (seriesId: string) => number | undefined,
): Promise<number> {
  const ids = earlier
    .unfound()
    .filter(({ seriesId, startedAt }) => {
      const endOfBucket = startedAt + (stepOf(seriesId) ?? Number.NaN);
      return endOfBucket > from && endOfBucket <= to;
    })
    .map(({ id }) => id);
  const { tenant, detector } = earlier;
  if (ids.length > 0) await telemetry.run(withdrawAnomalies, { tenant, detector, ids });
  return ids.length;
}
