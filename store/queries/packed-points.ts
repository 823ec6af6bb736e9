import { z } from 'zod';
import { definePackedQuery } from '../query.ts';
import { aggregations } from '../tables.ts';
import { betweenTimes, bucketsOf, mapGrains } from './points.ts';

const range = { tenant: z.string(), from: z.number().int(), to: z.number().int() };

/** Rows that come in the order of the key are not hashed; a second thread would gain little, and be missed elsewhere. */
const settings = { optimize_aggregation_in_order: 1, max_threads: 1 };

/** The parts of a table come one after the other, so that this has little to do. */
const points = 'arraySort(groupArray((bucket, value)))';

/** The buckets of some series that begin in `[from, to)`, a row a series. */
export const pointsOfSelected = mapGrains((grain) =>
  definePackedQuery({
    name: `points_of_selected_${grain}`,
    sql: `SELECT series_id, ${points} FROM ${bucketsOf(grain, `r.series_id IN (SELECT toUInt64(arrayJoin({ids:Array(String)}))) AND ${betweenTimes}`)}
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
    FROM ${bucketsOf(
      grain,
      `${betweenTimes} AND r.series_id % {shards:UInt32} = {shard:UInt32} AND toString(r.aggregation) IN {aggregations:Array(String)}
          AND r.series_id NOT IN (SELECT series_id FROM series WHERE tenant = {tenant:String} AND metric IN {exclude:Array(String)})`,
    )}
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
