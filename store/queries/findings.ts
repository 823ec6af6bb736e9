import { z } from 'zod';
import { defineQuery } from '../query.ts';
import { float, integer, milliseconds, time } from './columns.ts';
import { anomalyRow, seriesOfAnomaly, stuckTaskRow } from './finding-rows.ts';

/** So many findings of one kind are read at once; of more, those that began last. */
export const maxFindings = 20_000;

const range = {
  tenant: z.string(),
  /** Findings that went on at or after it ... */
  from: z.number().int(),
  /** ... and began before. */
  to: z.number().int(),
  /** What began earlier is left out. */
  oldest: z.number().int(),
};

/** The anomalies that somebody is to be told of, with their series. */
export const anomaliesToGroup = defineQuery({
  name: 'anomalies_to_group',
  sql: `SELECT ${anomalyRow.sql}, ${milliseconds('a.peak_at')} AS peak_at, a.maturity AS maturity
  FROM (
    SELECT * FROM anomalies FINAL
    WHERE tenant = {tenant:String} AND withdrawn = 0 AND held_back_by = '' AND started_at >= ${time('oldest')} AND started_at < ${time('to')}
      AND (ended_at IS NULL OR ended_at >= ${time('from')})
    ORDER BY started_at DESC LIMIT ${maxFindings}) AS a
  ${seriesOfAnomaly}
  ORDER BY a.started_at, a.anomaly_id`,
  params: z.object(range),
  row: z.object({ ...anomalyRow.row, peak_at: integer, maturity: z.number() }),
});

/** Of some anomalies, those that go on and that somebody is to be told of. */
export const openAmong = defineQuery({
  name: 'open_among',
  sql: `SELECT anomaly_id AS id FROM anomalies FINAL
  WHERE tenant = {tenant:String} AND withdrawn = 0 AND held_back_by = '' AND ended_at IS NULL AND anomaly_id IN {ids:Array(String)}`,
  params: z.object({ tenant: z.string(), ids: z.array(z.string()) }),
  row: z.object({ id: z.string() }),
});

/**
 * The silences of agents that became down, but for those that had said that they stop. `ended_at` is the heartbeat after: until
 * then it is one silence, also where a later run expected another interval and recorded another time.
 */
export const silencesToGroup = defineQuery({
  name: 'silences_to_group',
  sql: `SELECT * FROM (SELECT agent, since, expected_seconds, down_at, ended_at FROM (
    SELECT agent, state, status, expected_seconds, ${milliseconds('t.since')} AS since, ${milliseconds('t.time')} AS down_at,
      toUnixTimestamp64Milli(minIf(toNullable(t.time), state NOT IN ('late', 'down')) OVER (PARTITION BY agent ORDER BY t.time ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)) AS ended_at
    FROM agent_transitions AS t FINAL
    WHERE t.tenant = {tenant:String} AND t.time >= ${time('oldest')})
  WHERE state = 'down' AND status != 'stopping' AND down_at < {to:Int64} AND (ended_at IS NULL OR ended_at >= {from:Int64})
  ORDER BY agent, ended_at, down_at LIMIT 1 BY agent, ended_at)
  ORDER BY down_at DESC, agent LIMIT ${maxFindings}`,
  params: z.object(range),
  row: z.object({
    agent: z.string(),
    since: integer,
    expected_seconds: z.number(),
    down_at: integer,
    ended_at: integer.nullable(),
  }),
});

/** The tasks that were stuck. */
export const stuckTasksToGroup = defineQuery({
  name: 'stuck_tasks_to_group',
  sql: `SELECT ${stuckTaskRow.sql}, toUnixTimestamp64Milli(s.ended_at) AS ended_at
  FROM stuck_tasks AS s FINAL
  WHERE s.tenant = {tenant:String} AND s.stuck_at >= ${time('oldest')} AND s.stuck_at < ${time('to')}
    AND (s.ended_at IS NULL OR s.ended_at >= ${time('from')})
  ORDER BY s.stuck_at DESC, task LIMIT ${maxFindings}`,
  params: z.object(range),
  row: z.object({ ...stuckTaskRow.row, ended_at: integer.nullable() }),
});

/** The agents of a tenant that were heard at or after `from`, with what they say they need (label `depends_on`). */
export const agentsToGroup = defineQuery({
  name: 'agents_to_group',
  sql: `SELECT agent, argMaxMerge(agent_type) AS type, argMaxMerge(a.labels)['depends_on'] AS depends_on
  FROM agents AS a WHERE tenant = {tenant:String} GROUP BY agent HAVING max(a.last_seen) >= ${time('from')} ORDER BY agent`,
  params: z.object({ tenant: z.string(), from: z.number().int() }),
  row: z.object({ agent: z.string(), type: z.string(), depends_on: z.string() }),
});

/**
 * Who needs whom, as tasks of one correlation id show it in `[from, to)`: a task that lies within another's time, of another agent,
 * is what the other waits for. Only pairs with one of `agents`.
 */
export const observedDependencies = defineQuery({
  name: 'observed_dependencies',
  sql: `WITH spans AS (
    SELECT correlation_id, agent, task, min(time) AS begun, max(time) AS done FROM task_events
    WHERE tenant = {tenant:String} AND toDate(time) >= toDate(${time('from')}) AND time >= ${time('from')} AND time < ${time('to')} AND correlation_id != '' AND agent != ''
    GROUP BY correlation_id, agent, task ORDER BY correlation_id, begun LIMIT 50 BY correlation_id)
  SELECT outer.agent AS caller, inner.agent AS callee
  FROM spans AS outer INNER JOIN spans AS inner ON outer.correlation_id = inner.correlation_id
  WHERE outer.agent != inner.agent AND outer.task != inner.task AND outer.begun <= inner.begun AND outer.done >= inner.done
    AND (outer.agent IN {agents:Array(String)} OR inner.agent IN {agents:Array(String)})
  GROUP BY caller, callee ORDER BY caller, callee LIMIT 10000`,
  params: z.object({ tenant: z.string(), agents: z.array(z.string()), from: z.number().int(), to: z.number().int() }),
  row: z.object({ caller: z.string(), callee: z.string() }),
});

/** The calls of one bucket are counted over so long. */
export const callBucketMs = 60_000;

/**
 * What tasks of each agent cost by the minute in which they ended, in `[from, to)`: how many ended, their mean duration in
 * seconds (null where none was told), and the part of them that failed.
 */
export const agentCalls = defineQuery({
  name: 'agent_calls',
  sql: `SELECT agent, groupArray(bucket_ms) AS starts, groupArray(ended) AS calls, groupArray(latency) AS latency, groupArray(failed / ended) AS failures
  FROM (
    SELECT agent, ${milliseconds('toStartOfMinute(e.time)')} AS bucket_ms, toFloat64(count()) AS ended, ifNull(avg(duration_seconds), nan) AS latency, toFloat64(countIf(state = 'failed')) AS failed
    FROM (
      SELECT DISTINCT kind, task, event_id, agent, state, duration_seconds, time FROM task_events
      WHERE tenant = {tenant:String} AND toDate(time) >= toDate(${time('from')}) AND time >= ${time('from')} AND time < ${time('to')}
        AND state IN ('succeeded', 'failed') AND agent IN {agents:Array(String)}) AS e
    GROUP BY agent, bucket_ms ORDER BY agent, bucket_ms)
  GROUP BY agent ORDER BY agent`,
  params: z.object({ tenant: z.string(), agents: z.array(z.string()), from: z.number().int(), to: z.number().int() }),
  row: z.object({
    agent: z.string(),
    starts: z.array(integer),
    calls: z.array(z.number()),
    latency: z.array(float),
    failures: z.array(z.number()),
  }),
});
