import { z } from 'zod';
import { defineQuery } from '../query.ts';
import { integer, milliseconds, time } from './columns.ts';
import { anomalyRow, seriesOfAnomaly } from './finding-rows.ts';

/** What jobs wrote with an `as_of` after `after` and not after `upTo`. */
const range = { tenant: z.string(), after: z.number().int(), upTo: z.number().int() };

/** So many events of a kind are read at once, and those that were written together with the last of them. */
export const eventsPerRead = 1000;

/** Where in `(after, upTo]` the last event lies that is read at once; no row when all are. */
const edgeOf = (name: string, table: string, column: string) =>
  defineQuery({
    name,
    sql: `SELECT ${milliseconds(`e.${column}`)} AS edge FROM ${table} AS e
  WHERE e.tenant = {tenant:String} AND e.${column} > ${time('after')} AND e.${column} <= ${time('upTo')}
  ORDER BY e.${column} LIMIT 1 OFFSET ${eventsPerRead - 1}`,
    params: z.object(range),
    row: z.object({ edge: integer }),
  });
export const edges = {
  anomalies: edgeOf('edge_of_anomalies', 'anomalies', 'as_of'),
  levelShifts: edgeOf('edge_of_level_shifts', 'level_shifts', 'known_at'),
  incidents: edgeOf('edge_of_incidents', 'incidents', 'as_of'),
  transitions: edgeOf('edge_of_transitions', 'agent_transitions', 'time'),
};

/** The anomalies that changed, of which people are told. */
export const changedAnomalies = defineQuery({
  name: 'changed_anomalies',
  sql: `SELECT ${anomalyRow.sql}
  FROM (
    SELECT * FROM anomalies FINAL
    WHERE tenant = {tenant:String} AND withdrawn = 0 AND held_back_by = '' AND as_of > ${time('after')} AND as_of <= ${time('upTo')}) AS a
  ${seriesOfAnomaly}
  WHERE a.ended_at IS NOT NULL OR toUnixTimestamp64Milli(a.started_at) + 1000 * s.step_seconds > {after:Int64}
  ORDER BY a.as_of, a.started_at, a.anomaly_id`,
  params: z.object(range),
  row: z.object(anomalyRow.row),
});

/** The incidents that changed. */
export const changedIncidents = defineQuery({
  name: 'changed_incidents',
  sql: `SELECT i.incident_id AS id, i.title AS title, i.severity AS severity, i.cause AS cause, ${milliseconds('i.created_at')} AS created_at,
    ${milliseconds('i.started_at')} AS started_at, toUnixTimestamp64Milli(i.ended_at) AS ended_at, i.finding_count AS finding_count,
    i.merged_into AS merged_into, i.withdrawn AS withdrawn
  FROM incidents AS i FINAL
  WHERE i.tenant = {tenant:String} AND i.as_of > ${time('after')} AND i.as_of <= ${time('upTo')}
  ORDER BY i.as_of, i.started_at, i.incident_id`,
  params: z.object(range),
  row: z.object({
    id: z.string(),
    title: z.string(),
    severity: z.string(),
    cause: z.string(),
    created_at: integer,
    started_at: integer,
    ended_at: integer.nullable(),
    finding_count: z.number(),
    merged_into: z.string(),
    withdrawn: z.number().transform(Boolean),
  }),
});
