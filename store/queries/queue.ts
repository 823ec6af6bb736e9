import { z } from 'zod';
import { defineStatement } from '../query.ts';
import { time } from './columns.ts';

/**
 * Writes the series `task_queue_depth` for every minute of `[from, to)`: what was queued or retried less what was
 * started, since the beginning. `from` and `to` are whole minutes. Never below 0, which starts without a `queued`
 * would make it.
 */
export const deriveQueueDepth = defineStatement({
  name: 'derive_queue_depth',
  sql: `INSERT INTO derived_samples (tenant, metric, labels, aggregation, unit, time, value, raw_until, rollup_until)
  WITH
    kinds AS (
      SELECT tenant, series_id, anyLast(labels) AS labels FROM series
      WHERE metric = 'task_queue_change' GROUP BY tenant, series_id),
    changes AS (
      SELECT tenant, series_id, toDateTime(toStartOfHour(${time('from')}), 'UTC') AS bucket, sum(r.sum) AS change, max(r.rollup_until) AS rollup_until
      FROM rollup_hour AS r
      WHERE (tenant, series_id) IN (SELECT tenant, series_id FROM kinds) AND r.bucket < toStartOfHour(${time('from')})
      GROUP BY tenant, series_id
      UNION ALL
      SELECT tenant, series_id, r.bucket AS bucket, sum(r.sum) AS change, max(r.rollup_until) AS rollup_until
      FROM rollup_minute AS r
      WHERE (tenant, series_id) IN (SELECT tenant, series_id FROM kinds)
        AND r.bucket >= toStartOfHour(${time('from')}) AND r.bucket < ${time('to')}
      GROUP BY tenant, series_id, r.bucket
      UNION ALL
      SELECT tenant, series_id, toDateTime(arrayJoin(range(toUInt32(intDiv({from:Int64}, 1000)), toUInt32(intDiv({to:Int64}, 1000)), 60)), 'UTC') AS bucket, 0 AS change, toDate(0) AS rollup_until
      FROM kinds)
  SELECT tenant, 'task_queue_depth', labels, 'last', '1', toDateTime64(minute, 3, 'UTC'), greatest(0, depth), until, until
  FROM (
    SELECT tenant, series_id, bucket AS minute,
      sum(sum(change)) OVER (PARTITION BY tenant, series_id ORDER BY bucket) AS depth,
      max(max(rollup_until)) OVER (PARTITION BY tenant, series_id ORDER BY bucket) AS until
    FROM changes GROUP BY tenant, series_id, bucket
  ) AS d
  INNER JOIN kinds USING (tenant, series_id)
  WHERE minute >= ${time('from')} AND until > toDate(0)`,
  params: z.object({ from: z.number().int(), to: z.number().int() }),
});
