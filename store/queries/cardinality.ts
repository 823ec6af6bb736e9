import { z } from 'zod';
import { defineQuery } from '../query.ts';
import { integer, milliseconds, time } from './columns.ts';

const since = { tenant: z.string(), since: z.number().int() };
const top = { ...since, limit: z.number().int() };

/** The series of a tenant that were heard of since `since`. */
const activeOfTenant = `SELECT series_id FROM series_activity WHERE tenant = {tenant:String}
  GROUP BY series_id HAVING max(last_time) >= ${time('since')}`;

/** Series with their labels, once each. */
const labelled = `SELECT metric, series_id, anyLast(s.labels) AS labels FROM series AS s
  WHERE tenant = {tenant:String} AND series_id IN (${activeOfTenant}) GROUP BY metric, series_id`;

/** How many series a tenant has that were heard of since `since`. */
export const countActiveSeries = defineQuery({
  name: 'count_active_series',
  sql: `SELECT count() AS series FROM (${activeOfTenant})`,
  params: z.object(since),
  row: z.object({ series: integer }),
});

/** The metrics with the most series. */
export const topMetrics = defineQuery({
  name: 'top_metrics',
  sql: `SELECT metric, count() AS series FROM (${labelled}) GROUP BY metric ORDER BY series DESC, metric LIMIT {limit:UInt32}`,
  params: z.object(top),
  row: z.object({ metric: z.string(), series: integer }),
});

/** The agents with the most series. */
export const topAgents = defineQuery({
  name: 'top_agents',
  sql: `SELECT labels['agent'] AS agent, count() AS series FROM (${labelled})
  WHERE agent != '' GROUP BY agent ORDER BY series DESC, agent LIMIT {limit:UInt32}`,
  params: z.object(top),
  row: z.object({ agent: z.string(), series: integer }),
});

/** The labels with the most values, and how many series have them. */
export const topLabels = defineQuery({
  name: 'top_labels',
  sql: `SELECT label, uniqExact(value) AS values, count() AS series
  FROM (SELECT arrayJoin(arrayZip(mapKeys(labels), mapValues(labels))) AS pair, pair.1 AS label, pair.2 AS value FROM (${labelled}))
  GROUP BY label ORDER BY values DESC, label LIMIT {limit:UInt32}`,
  params: z.object(top),
  row: z.object({ label: z.string(), values: integer, series: integer }),
});

/**
 * The series of every tenant that were heard of since `since`, so many of each at most; the newest first. Of those
 * that are derived from heartbeats and events, one stands for an agent and one for a kind of task of an agent.
 */
export const activeSeries = defineQuery({
  name: 'active_series',
  sql: `SELECT a.tenant AS tenant, toString(a.series_id) AS id, s.metric AS metric, s.agent AS agent, s.kind AS kind, ${milliseconds('a.last_time')} AS last_time
  FROM (
    SELECT tenant, series_id, max(t.last_time) AS last_time FROM series_activity AS t
    GROUP BY tenant, series_id HAVING last_time >= ${time('since')}
  ) AS a
  INNER JOIN (
    SELECT tenant, metric, series_id, anyLast(t.labels)['agent'] AS agent, anyLast(t.labels)['kind'] AS kind FROM series AS t
    WHERE metric NOT IN ('agent_heartbeat_gap_seconds', 'tasks_failed_total', 'tasks_dead_total', 'task_duration_seconds', 'task_queue_change', 'task_queue_depth')
    GROUP BY tenant, metric, series_id
  ) AS s ON s.tenant = a.tenant AND s.series_id = a.series_id
  ORDER BY last_time DESC
  LIMIT {perTenant:UInt32} BY tenant
  LIMIT {limit:UInt32}`,
  params: z.object({ since: z.number().int(), perTenant: z.number().int(), limit: z.number().int() }),
  row: z.object({
    tenant: z.string(),
    id: z.string(),
    metric: z.string(),
    agent: z.string(),
    kind: z.string(),
    last_time: integer,
  }),
});
