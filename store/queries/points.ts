import { z } from 'zod';
import { defineQuery } from '../query.ts';
import type { Aggregation } from '../tables.ts';
import { float, integer, milliseconds, time } from './columns.ts';

/** The grains in which a series can be read: a bucket's length, and the tables that keep it. */
export const grains = {
  minute: { table: 'rollup_minute', states: 'rollup_minute_states', stepMs: 60_000 },
  hour: { table: 'rollup_hour', states: 'rollup_hour_states', stepMs: 3_600_000 },
} as const;
export type Grain = keyof typeof grains;

/** The ways to the value of a bucket of `r`: by which aggregations it is taken, out of which table. */
const ways: readonly { value: string; aggregations: readonly Aggregation[]; from: 'table' | 'states' }[] = [
  {
    value: `multiIf(
      any(r.aggregation) = 'avg', sum(r.sum) / sum(r.count),
      any(r.aggregation) = 'sum', sum(r.sum),
      any(r.aggregation) = 'min', min(r.min),
      max(r.max))`,
    aggregations: ['avg', 'sum', 'min', 'max'],
    from: 'table',
  },
  { value: 'argMaxMerge(r.latest)', aggregations: ['last'], from: 'states' },
  {
    value: `toFloat64(arrayElement(
      quantilesTDigestIfMerge(0.5, 0.95, 0.99)(r.distribution),
      indexOf(['p50', 'p95', 'p99'], toString(any(r.aggregation)))))`,
    aggregations: ['p50', 'p95', 'p99'],
    from: 'states',
  },
];

/** The key of a bucket as its table is ordered. */
const bucketKey: Record<Grain, string> = {
  minute: 'toDate(r.bucket), r.series_id, r.bucket',
  hour: 'r.series_id, r.bucket',
};

/**
 * The buckets of series of a tenant, to stand behind FROM: `series_id`, `bucket`, `value` by the aggregation of the
 * series, and `aggregation`. Each way to a value reads the columns that it needs and no others.
 *
 * @param conditions which buckets, of the table `r`.
 */
export function bucketsOf(grain: Grain, conditions: string): string {
  const selects = ways.map(
    ({
      value,
      aggregations,
      from,
    }) => `SELECT r.series_id AS series_id, r.bucket AS bucket, ${value} AS value, any(r.aggregation) AS aggregation
        FROM ${grains[grain][from]} AS r
        WHERE r.tenant = {tenant:String} AND r.aggregation IN (${aggregations.map((each) => `'${each}'`).join(', ')}) AND ${conditions}
        GROUP BY ${bucketKey[grain]}`,
  );
  return `(${selects.join('\n      UNION ALL\n      ')})`;
}

/** The buckets that begin in `[from, to)`. */
export const betweenTimes = `r.bucket >= ${time('from')} AND r.bucket < ${time('to')}`;

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
      FROM ${bucketsOf(grain, `r.series_id = {id:UInt64} AND ${betweenTimes}`)})`,
    params: z.object({ ...range, id: z.string() }),
    row: z.object(pointColumns),
  }),
);

/** The median of the minutes of some series that begin in `[from, to)`, of those with `leastMinutes` of them. */
export const mediansOfSeries = defineQuery({
  name: 'medians_of_series',
  sql: `SELECT toString(series_id) AS id, quantileExact(0.5)(value) AS median
      FROM ${bucketsOf('minute', `r.series_id IN (SELECT toUInt64(arrayJoin({ids:Array(String)}))) AND ${betweenTimes}`)}
      GROUP BY series_id HAVING count() >= {leastMinutes:UInt32}`,
  params: z.object({ ...range, ids: z.array(z.string()), leastMinutes: z.number().int() }),
  row: z.object({ id: z.string(), median: float }),
});

/** The same query by each grain. */
export function mapGrains<T>(define: (grain: Grain) => T): Record<Grain, T> {
  return { minute: define('minute'), hour: define('hour') };
}
