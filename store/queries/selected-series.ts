import { z } from 'zod';
import { defineQuery } from '../query.ts';
import { aggregations } from '../tables.ts';
import { labels } from './columns.ts';

/** So many series are selected at most. */
export const maxSelectedSeries = 100_000;

/**
 * SQL for the series of a tenant by metric, by agent, by the type of the agent and by id (each empty: any), with the
 * agent that they speak of and its type, version and role: those of the labels so named, else what the agent's heartbeats say,
 * of which a label names the role.
 */
export const selectionSql = `SELECT s.series_id AS series_id, s.metric AS metric, s.labels AS labels, s.aggregation AS aggregation, s.unit AS unit,
    s.labels['agent'] AS agent, if(s.labels['type'] != '', s.labels['type'], a.type) AS type,
    if(s.labels['version'] != '', s.labels['version'], a.version) AS version, if(s.labels['role'] != '', s.labels['role'], a.role) AS role
  FROM (
    SELECT series_id, metric, anyLast(series.labels) AS labels, toString(anyLast(series.aggregation)) AS aggregation, anyLast(series.unit) AS unit,
      labels['agent'] AS agent
    FROM series WHERE tenant = {tenant:String} AND ({metric:String} = '' OR metric = {metric:String})
      AND ({id:String} = '' OR toString(series_id) = {id:String})
    GROUP BY series_id, metric HAVING {agent:String} = '' OR labels['agent'] = {agent:String}
  ) AS s
  LEFT JOIN (
    SELECT agent, argMaxMerge(agent_type) AS type, argMaxMerge(agents.version) AS version, argMaxMerge(agents.labels)['role'] AS role FROM agents WHERE tenant = {tenant:String} GROUP BY agent
  ) AS a ON a.agent = s.agent
  WHERE {type:String} = '' OR type = {type:String}`;

/** The parameters of `selectionSql`. */
export const selectionParams = {
  tenant: z.string(),
  metric: z.string(),
  agent: z.string(),
  type: z.string(),
  id: z.string().default(''),
};

/** The selected series, by metric and id; the first `maxSelectedSeries`. */
export const selectedSeries = defineQuery({
  name: 'selected_series',
  sql: `SELECT toString(c.series_id) AS id, c.metric AS metric, c.labels AS labels, c.aggregation AS aggregation, c.unit AS unit, c.agent AS agent, c.type AS type, c.version AS version, c.role AS role
  FROM (${selectionSql}) AS c
  ORDER BY c.metric, c.series_id
  LIMIT ${maxSelectedSeries}`,
  params: z.object(selectionParams),
  row: z.object({
    id: z.string(),
    metric: z.string(),
    labels,
    aggregation: z.enum(aggregations),
    unit: z.string(),
    agent: z.string(),
    type: z.string(),
    version: z.string(),
    role: z.string(),
  }),
});
export type SelectedSeries = z.output<typeof selectedSeries.row>;
