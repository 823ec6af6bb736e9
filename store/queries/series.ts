import { z } from 'zod';
import { defineQuery } from '../query.ts';
import { integer, labels, milliseconds } from './columns.ts';

const seriesColumns = `
    toString(s.series_id) AS id,
    s.metric AS metric,
    anyLast(s.labels) AS labels,
    toString(anyLast(s.aggregation)) AS aggregation,
    anyLast(s.unit) AS unit,
    ${milliseconds('any(a.first_time)')} AS first_time,
    ${milliseconds('any(a.last_time)')} AS last_time`;

const activity = `
  INNER JOIN (
    SELECT series_id, min(first_time) AS first_time, max(last_time) AS last_time
    FROM series_activity WHERE tenant = {tenant:String} GROUP BY series_id
  ) AS a ON a.series_id = s.series_id`;

const row = z.object({
  id: z.string(),
  metric: z.string(),
  labels,
  aggregation: z.string(),
  unit: z.string(),
  first_time: integer,
  last_time: integer,
});

export type SeriesInfo = z.output<typeof row>;

/** Series of a tenant by metric (empty: any) and labels, in the order of (metric, id), after a cursor. */
export const listSeries = defineQuery({
  name: 'list_series',
  sql: `SELECT ${seriesColumns}
  FROM series AS s ${activity}
  WHERE s.tenant = {tenant:String}
    AND ({metric:String} = '' OR s.metric = {metric:String})
    AND (s.metric, s.series_id) > ({afterMetric:String}, {afterId:UInt64})
  GROUP BY s.metric, s.series_id
  HAVING arrayAll((name, value) -> labels[name] = value, {labelNames:Array(String)}, {labelValues:Array(String)})
  ORDER BY s.metric, s.series_id
  LIMIT {limit:UInt32}`,
  params: z.object({
    tenant: z.string(),
    metric: z.string(),
    labelNames: z.array(z.string()),
    labelValues: z.array(z.string()),
    afterMetric: z.string(),
    afterId: z.string(),
    limit: z.number().int(),
  }),
  row,
});

/** The series of the given ids; one that does not exist is left out. */
export const seriesByIds = defineQuery({
  name: 'series_by_ids',
  sql: `SELECT ${seriesColumns}
  FROM series AS s ${activity}
  WHERE s.tenant = {tenant:String} AND s.series_id IN (SELECT toUInt64(arrayJoin({ids:Array(String)})))
  GROUP BY s.metric, s.series_id`,
  params: z.object({ tenant: z.string(), ids: z.array(z.string()) }),
  row,
});

/** How many series and agents a tenant has. */
export const countEntities = defineQuery({
  name: 'count_entities',
  sql: `SELECT
    (SELECT uniqExact(series_id) FROM series WHERE tenant = {tenant:String}) AS series,
    (SELECT uniqExact(agent) FROM agents WHERE tenant = {tenant:String}) AS agents`,
  params: z.object({ tenant: z.string() }),
  row: z.object({ series: integer, agents: integer }),
});

/** Answers one row when ClickHouse can read. */
export const probe = defineQuery({
  name: 'probe',
  sql: 'SELECT count() AS migrations FROM schema_migrations',
  params: z.object({}),
  row: z.object({ migrations: integer }),
});
