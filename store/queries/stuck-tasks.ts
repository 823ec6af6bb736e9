import { z } from 'zod';
import { defineQuery, defineStatement } from '../query.ts';
import { time } from './columns.ts';
import { stuckTaskRow } from './finding-rows.ts';

/** An attempt that gives no sign for longer than `factor` times the 99th percentile of its kind is stuck. */
const limit = {
  factor: z.number(),
  minSeconds: z.number(),
  maxSeconds: z.number(),
  /** Of a kind of which fewer than 20 attempts have ended in a week. */
  unknownSeconds: z.number(),
};

/**
 * Writes the attempts of tasks that became stuck in `[from, to)`, and of those that were stuck which gave a sign in it. A task
 * that was started or has made progress owes the next word within its limit; queued and ended ones owe none.
 */
export const insertStuckTasks = defineStatement({
  name: 'insert_stuck_tasks',
  sql: `INSERT INTO stuck_tasks (tenant, task, kind, agent, correlation_id, attempt, last_event_at, stuck_at, limit_seconds, ended_at, as_of, until)
  WITH
    named AS (SELECT tenant, series_id, anyLast(labels)['kind'] AS kind FROM series WHERE metric = 'task_duration_seconds' GROUP BY tenant, series_id),
    limits AS (
      SELECT tenant, kind, if(sum(r.count) >= 20,
        greatest({minSeconds:Float64}, least({maxSeconds:Float64}, {factor:Float64} * arrayElement(quantilesTDigestIfMerge(0.5, 0.95, 0.99)(r.distribution), 3))),
        {unknownSeconds:Float64}) AS limit_seconds
      FROM rollup_hour_states AS r INNER JOIN named USING (tenant, series_id)
      WHERE (tenant, series_id) IN (SELECT tenant, series_id FROM named)
        AND r.bucket >= toStartOfHour(${time('from')}) - INTERVAL 7 DAY AND r.bucket < toStartOfHour(${time('from')})
      GROUP BY tenant, kind)
  SELECT tenant, task, kind, agent, correlation_id, attempt, last_event_at, stuck_at, limit_seconds, next, ${time('to')}, rollup_until
  FROM (
    SELECT e.tenant AS tenant, e.task AS task, e.kind AS kind, e.agent AS agent, e.correlation_id AS correlation_id, e.attempt AS attempt,
      e.time AS last_event_at, e.next AS next, e.rollup_until AS rollup_until,
      if(l.limit_seconds > 0, l.limit_seconds, {unknownSeconds:Float64}) AS limit_seconds,
      addMilliseconds(e.time, 1000 * limit_seconds) AS stuck_at
    FROM (
      SELECT *, leadInFrame(toNullable(time)) OVER (PARTITION BY tenant, task ORDER BY time, rank ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next
      FROM (
        SELECT tenant, task, toString(kind) AS kind, agent, correlation_id, attempt, time, rollup_until, state,
          indexOf(['queued', 'retried', 'started', 'progressed', 'failed', 'succeeded', 'dead'], state) AS rank
        FROM task_events FINAL
        WHERE time >= ${time('from')} - toIntervalSecond({lookbackSeconds:UInt32}) AND time < ${time('to')})) AS e
    LEFT JOIN limits AS l ON l.tenant = e.tenant AND l.kind = e.kind
    WHERE e.state IN ('started', 'progressed'))
  WHERE (next IS NULL OR next > stuck_at) AND stuck_at < ${time('to')}
    AND (stuck_at >= ${time('from')} OR next >= ${time('from')})`,
  params: z.object({ from: z.number().int(), to: z.number().int(), lookbackSeconds: z.number().int(), ...limit }),
});

/** The tasks of a tenant that are stuck, the longest first, after a cursor of (time, task). */
export const listStuckTasks = defineQuery({
  name: 'list_stuck_tasks',
  sql: `SELECT ${stuckTaskRow.sql}
  FROM stuck_tasks AS s FINAL
  WHERE s.tenant = {tenant:String} AND s.ended_at IS NULL AND ({kind:String} = '' OR s.kind = {kind:String}) AND ({agent:String} = '' OR s.agent = {agent:String})
    AND (s.stuck_at, s.task) > (${time('afterTime')}, {afterTask:String})
  ORDER BY s.stuck_at, s.task LIMIT {limit:UInt32}`,
  params: z.object({
    tenant: z.string(),
    kind: z.string(),
    agent: z.string(),
    afterTime: z.number().int(),
    afterTask: z.string(),
    limit: z.number().int(),
  }),
  row: z.object(stuckTaskRow.row),
});
