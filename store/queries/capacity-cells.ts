import { z } from 'zod';
import { defineQuery } from '../query.ts';
import { float, integer, labels, milliseconds, time } from './columns.ts';
import { betweenTimes, bucketsOf } from './points.ts';
import { selectionParams, selectionSql } from './selected-series.ts';

/** What a row speaks of: one series, all series of an agent, of the agents of a type, or of the fleet. */
export const groupings = ['series', 'agent', 'type', 'fleet'] as const;
/** How the series of a group become one, hour by hour. */
export const combinations = ['sum', 'avg', 'max', 'min'] as const;

/**
 * The extremes of the selected series, or of groups of them, by cells of `cellHours` that end at `to`: `cells[i]` is
 * how many cells ago, 0 the newest, `values[i]` the highest value of an hour in it (the lowest, `extreme` = min).
 * `combine` empty sums what counts and takes the extreme of all else. Groups that were silent for a day are left out.
 */
export const capacityCells = defineQuery({
  name: 'capacity_cells',
  sql: `SELECT key, any(agent) AS agent, any(type) AS type, any(labels) AS labels, any(unit) AS unit, argMin(members, ago) AS series,
    groupArray(ago) AS cells, groupArray(value) AS values, argMin(newest, ago) AS latest, ${milliseconds('max(newest_at)')} AS latest_at
  FROM (
    SELECT key, any(agent) AS agent, any(type) AS type, any(labels) AS labels, any(unit) AS unit, max(hour_members) AS members,
      intDiv({to:Int64} - 1 - toUnixTimestamp64Milli(toDateTime64(bucket, 3, 'UTC')), {cellHours:UInt32} * 3600000) AS ago,
      if({extreme:String} = 'max', max(hour_value), min(hour_value)) AS value, argMax(hour_value, bucket) AS newest, max(bucket) AS newest_at
    FROM (
      SELECT multiIf({by:String} = 'series', toString(c.series_id), {by:String} = 'agent', c.agent, {by:String} = 'type', c.type, '') AS key,
        v.bucket AS bucket, any(c.agent) AS agent, any(c.type) AS type, any(c.labels) AS labels, any(c.unit) AS unit, count() AS hour_members,
        multiIf({combine:String} = 'avg', avg(v.value), {combine:String} = 'sum' OR ({combine:String} = '' AND any(c.aggregation) = 'sum'), sum(v.value),
          if({combine:String} = '', {extreme:String}, {combine:String}) = 'max', max(v.value), min(v.value)) AS hour_value
      FROM ${bucketsOf('hour', `${betweenTimes} AND r.series_id IN (SELECT chosen.series_id FROM (${selectionSql}) AS chosen)`)} AS v
      INNER JOIN (${selectionSql}) AS c ON c.series_id = v.series_id
      WHERE isFinite(v.value)
      GROUP BY key, v.bucket)
    GROUP BY key, ago
    ORDER BY key, ago)
  GROUP BY key
  HAVING max(newest_at) >= ${time('to')} - INTERVAL 1 DAY
  ORDER BY key`,
  params: z.object({
    ...selectionParams,
    from: z.number().int(),
    to: z.number().int(),
    cellHours: z.number().int(),
    by: z.enum(groupings),
    combine: z.enum([...combinations, '']),
    extreme: z.enum(['max', 'min']),
  }),
  row: z.object({
    key: z.string(),
    agent: z.string(),
    type: z.string(),
    labels,
    unit: z.string(),
    series: integer,
    cells: z.array(integer),
    values: z.array(float),
    latest: float,
    latest_at: integer,
  }),
});
export type CapacityCells = z.output<typeof capacityCells.row>;

/** How many series a selection holds. */
export const countSelected = defineQuery({
  name: 'count_selected',
  sql: `SELECT count() AS series FROM (${selectionSql})`,
  params: z.object(selectionParams),
  row: z.object({ series: integer }),
});
