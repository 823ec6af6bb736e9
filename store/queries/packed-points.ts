import { z } from 'zod';
import { definePackedQuery } from '../query.ts';
import { aggregations } from '../tables.ts';
import { time } from './columns.ts';
import { type Grain, grains, mapGrains, valueWays } from './points.ts';

const range = { tenant: z.string(), from: z.number().int(), to: z.number().int() };

/** Rows that come in the order of the key are not hashed; a second thread would gain little, and be missed elsewhere. */
const settings = { optimize_aggregation_in_order: 1, max_threads: 1 };

/** The parts of a table come one after the other, so that this has little to do. */
const points = 'arraySort(groupArray((bucket, value)))';

/** The key of a bucket as the table is ordered. */
const bucketKey: Record<Grain, string> = {
  minute: 'toDate(r.bucket), r.series_id, r.bucket',
  hour: 'r.series_id, r.bucket',
};

/** The buckets that begin in `[from, to)` and are `chosen`. Each aggregation reads the columns that it needs and no others. */
function bucketsOf(grain: Grain, chosen: string): string {
  const { table } = grains[grain];
  return valueWays
    .map(
      ([
        value,
        ways,
      ]) => `SELECT r.series_id AS series_id, r.bucket AS bucket, ${value} AS value, any(r.aggregation) AS aggregation
        FROM ${table} AS r
        WHERE r.tenant = {tenant:String} AND r.bucket >= ${time('from')} AND r.bucket < ${time('to')}
          AND r.aggregation IN (${ways.map((way) => `'${way}'`).join(', ')}) AND ${chosen}
        GROUP BY ${bucketKey[grain]}`,
    )
    .join('\n      UNION ALL\n      ');
}

/** The buckets of some series that begin in `[from, to)`, a row a series. */
export const pointsOfSelected = mapGrains((grain) =>
  definePackedQuery({
    name: `points_of_selected_${grain}`,
    sql: `SELECT series_id, ${points} FROM (
      ${bucketsOf(grain, 'r.series_id IN (SELECT toUInt64(arrayJoin({ids:Array(String)})))')})
    GROUP BY series_id ORDER BY series_id`,
    params: z.object({ ...range, ids: z.array(z.string()) }),
    columns: { id: 'id', points: 'points' },
    settings,
  }),
);

/**
 * The buckets of every series of a tenant that begin in `[from, to)`, a row a series, but for the metrics of
 * `exclude` and only of the given aggregations; of the series, those whose number modulo `shards` is `shard`.
 */
export const pointsOfAllSeries = mapGrains((grain) =>
  definePackedQuery({
    name: `points_of_all_series_${grain}`,
    sql: `SELECT series_id, any(aggregation) = 'sum',
      series_id IN (SELECT series_id FROM series WHERE tenant = {tenant:String} AND endsWith(metric, '_ratio')),
      ${points}
    FROM (
      ${bucketsOf(
        grain,
        `r.series_id % {shards:UInt32} = {shard:UInt32} AND toString(r.aggregation) IN {aggregations:Array(String)}
          AND r.series_id NOT IN (SELECT series_id FROM series WHERE tenant = {tenant:String} AND metric IN {exclude:Array(String)})`,
      )})
    GROUP BY series_id ORDER BY series_id`,
    params: z.object({
      ...range,
      shard: z.number().int(),
      shards: z.number().int(),
      exclude: z.array(z.string()),
      aggregations: z.array(z.enum(aggregations)),
    }),
    columns: { id: 'id', isCount: 'flag', isRatio: 'flag', points: 'points' },
    settings,
  }),
);
