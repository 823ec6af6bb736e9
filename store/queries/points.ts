import { z } from 'zod';
import { defineQuery } from '../query.ts';
import type { Aggregation } from '../tables.ts';
import { float, integer, milliseconds, time } from './columns.ts';

/** The grains in which a series can be read: a bucket's length, and the table that keeps it. */
export const grains = {
  minute: { table: 'rollup_minute', stepMs: 60_000 },
  hour: { table: 'rollup_hour', stepMs: 3_600_000 },
} as const;
export type Grain = keyof typeof grains;

/** The value of a bucket of the rollup `r` whose parts are added, and of one whose states are merged. */
const plainValue = `multiIf(
    any(r.aggregation) = 'avg', sum(r.sum) / sum(r.count),
    any(r.aggregation) = 'sum', sum(r.sum),
    any(r.aggregation) = 'min', min(r.min),
    max(r.max))`;
const lastValue = 'argMaxMerge(r.latest)';
const quantileValue = `toFloat64(arrayElement(
    quantilesTDigestIfMerge(0.5, 0.95, 0.99)(r.distribution),
    indexOf(['p50', 'p95', 'p99'], toString(any(r.aggregation)))))`;

/** The ways to a value, with the aggregations that take them: who takes one reads only its columns. */
export const valueWays: readonly (readonly [value: string, aggregations: readonly Aggregation[]])[] = [
  [plainValue, ['avg', 'sum', 'min', 'max']],
  [lastValue, ['last']],
  [quantileValue, ['p50', 'p95', 'p99']],
];

/** One value out of a bucket of the rollup `r`, by the aggregation of its series. */
export const bucketValue = `multiIf(
    any(r.aggregation) IN ('avg', 'sum', 'min', 'max'), ${plainValue},
    any(r.aggregation) = 'last', ${lastValue},
    ${quantileValue})`;

/** Times and values of one row as columns: `points` is an array of (milliseconds, value). */
const columns = `arrayMap(p -> p.1, points) AS times, arrayMap(p -> p.2, points) AS values`;

const range = { tenant: z.string(), from: z.number().int(), to: z.number().int() };
const pointColumns = { times: z.array(integer), values: z.array(float) };

/** So many raw samples are read at once. */
export const maxRawPoints = 100_000;

/** The raw samples of one series in `[from, to)`, ascending; the first `maxRawPoints + 1`. */
export const rawPoints = defineQuery({
  name: 'raw_points',
  sql: `SELECT ${columns} FROM (
    SELECT arraySort(groupArray((${milliseconds('s.time')}, s.value))) AS points
    FROM (
      SELECT time, value FROM samples FINAL
      WHERE tenant = {tenant:String} AND series_id = {id:UInt64} AND time >= ${time('from')} AND time < ${time('to')}
      ORDER BY time LIMIT ${maxRawPoints + 1}
    ) AS s)`,
  params: z.object({ ...range, id: z.string() }),
  row: z.object(pointColumns),
});

/** The buckets of one series that begin in `[from, to)`, ascending. */
export const pointsOfSeries = mapGrains((grain) =>
  defineQuery({
    name: `points_of_series_${grain}`,
    sql: `SELECT ${columns} FROM (
      SELECT arraySort(groupArray((${milliseconds('bucket')}, value))) AS points
      FROM (
        SELECT r.bucket AS bucket, ${bucketValue} AS value FROM ${grains[grain].table} AS r
        WHERE r.tenant = {tenant:String} AND r.series_id = {id:UInt64} AND r.bucket >= ${time('from')} AND r.bucket < ${time('to')}
        GROUP BY r.bucket
      ))`,
    params: z.object({ ...range, id: z.string() }),
    row: z.object(pointColumns),
  }),
);

/** The median of the minutes of some series that begin in `[from, to)`, of those with `leastMinutes` of them. */
export const mediansOfSeries = defineQuery({
  name: 'medians_of_series',
  sql: `SELECT toString(series_id) AS id, quantileExact(0.5)(value) AS median
      FROM (
        SELECT r.series_id AS series_id, r.bucket AS bucket, ${bucketValue} AS value FROM rollup_minute AS r
        WHERE r.tenant = {tenant:String} AND r.bucket >= ${time('from')} AND r.bucket < ${time('to')}
          AND r.series_id IN (SELECT toUInt64(arrayJoin({ids:Array(String)})))
        GROUP BY r.series_id, r.bucket
      )
      GROUP BY series_id HAVING count() >= {leastMinutes:UInt32}`,
  params: z.object({ ...range, ids: z.array(z.string()), leastMinutes: z.number().int() }),
  row: z.object({ id: z.string(), median: float }),
});

/** The same query by each grain. */
export function mapGrains<T>(define: (grain: Grain) => T): Record<Grain, T> {
  return { minute: define('minute'), hour: define('hour') };
}
