import { z } from 'zod';
import { agentStates } from '../../telemetry/names.ts';
import { defineQuery, defineStatement } from '../query.ts';
import { integer, labels, milliseconds, time } from './columns.ts';

/** How many heartbeat intervals of silence make an agent late, and down. */
const liveness = { now: z.number().int(), lateFactor: z.number(), downFactor: z.number() };

/**
 * Agents with their state at `now`, in the order of their names, after a cursor; forgotten ones left out. The age of the
 * last heartbeat is by our clock: its time is set right by the skew of the agent's, where that is known.
 */
export const listAgents = defineQuery({
  name: 'list_agents',
  sql: `SELECT * FROM (
    SELECT
      agent,
      argMaxMerge(agent_type) AS type,
      argMaxMerge(a.version) AS version,
      argMaxMerge(a.status) AS status,
      argMaxMerge(a.interval_seconds) AS interval_seconds,
      argMaxMerge(a.labels) AS labels,
      ${milliseconds('min(a.first_seen)')} AS first_seen,
      ${milliseconds('max(a.last_seen)')} AS last_seen,
      any(c.skew_seconds) AS clock_skew_seconds,
      greatest(0, ({now:Int64} - last_seen) / 1000 + ifNull(clock_skew_seconds, 0)) AS age_seconds,
      multiIf(
        age_seconds > interval_seconds * {downFactor:Float64}, 'down',
        age_seconds > interval_seconds * {lateFactor:Float64}, 'late',
        'up') AS state
    FROM agents AS a
    LEFT JOIN (
      SELECT agent, toNullable(argMax(skew_seconds, as_of)) AS skew_seconds
      FROM agent_clocks WHERE tenant = {tenant:String} GROUP BY agent
    ) AS c ON c.agent = a.agent
    WHERE tenant = {tenant:String} AND agent > {after:String} AND ({agent:String} = '' OR agent = {agent:String})
    GROUP BY agent)
  WHERE age_seconds < {forgetAfterSeconds:Float64}
    AND ({type:String} = '' OR type = {type:String})
    AND ({state:String} = '' OR state = {state:String})
  ORDER BY agent
  LIMIT {limit:UInt32}`,
  params: z.object({
    tenant: z.string(),
    ...liveness,
    forgetAfterSeconds: z.number(),
    type: z.string(),
    state: z.string(),
    agent: z.string().default(''),
    after: z.string(),
    limit: z.number().int(),
  }),
  row: z.object({
    agent: z.string(),
    type: z.string(),
    version: z.string(),
    status: z.string(),
    interval_seconds: z.number(),
    labels,
    first_seen: integer,
    last_seen: integer,
    age_seconds: z.number(),
    clock_skew_seconds: z.number().nullable(),
    state: z.enum(agentStates),
  }),
});

/**
 * Heartbeats before `to` with their neighbours. It looks back far enough to see the last heartbeat of every agent that
 * could still become late or down in `[from, to)`; `next` is `to` where no later heartbeat is known.
 */
const neighbours = `
  SELECT
    tenant, agent, time, interval_seconds, status, raw_until, rollup_until,
    lagInFrame(toNullable(time)) OVER w AS previous,
    lagInFrame(interval_seconds) OVER w AS previous_interval,
    ifNull(leadInFrame(toNullable(time)) OVER w, ${time('to')}) AS next
  FROM (SELECT * FROM heartbeats FINAL WHERE time >= ${time('from')} - toIntervalSecond({lookbackSeconds:UInt32}) AND time < ${time('to')})
  WINDOW w AS (PARTITION BY tenant, agent ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)`;

const window = { from: z.number().int(), to: z.number().int(), lookbackSeconds: z.number().int() };

/** Writes when agents became up, late and down in `[from, to)`; a function of the heartbeats alone. */
export const insertTransitions = defineStatement({
  name: 'insert_transitions',
  sql: `INSERT INTO agent_transitions (tenant, agent, time, state, until, since, expected_seconds, status)
  SELECT tenant, agent, transition.2, transition.1, rollup_until, time, interval_seconds, status
  FROM (
    SELECT tenant, agent, time, interval_seconds, status, rollup_until, arrayJoin(arrayFilter(t -> t.3, [
      ('up', time, previous IS NULL OR time > addMilliseconds(previous, previous_interval * 1000 * {lateFactor:Float64})),
      ('late', addMilliseconds(time, interval_seconds * 1000 * {lateFactor:Float64}), next > addMilliseconds(time, interval_seconds * 1000 * {lateFactor:Float64})),
      ('down', addMilliseconds(time, interval_seconds * 1000 * {downFactor:Float64}), next > addMilliseconds(time, interval_seconds * 1000 * {downFactor:Float64}))
    ])) AS transition
    FROM (${neighbours}))
  WHERE transition.2 >= ${time('from')} AND transition.2 < ${time('to')}`,
  params: z.object({ ...window, lateFactor: z.number(), downFactor: z.number() }),
});

/**
 * Writes the series `agent_heartbeat_gap_seconds`: the time since the heartbeat before. An agent that was silent for
 * longer than the look-back begins anew, without a gap.
 */
export const deriveHeartbeatGaps = defineStatement({
  name: 'derive_heartbeat_gaps',
  sql: `INSERT INTO derived_samples (tenant, metric, labels, aggregation, unit, time, value, raw_until, rollup_until)
  SELECT tenant, 'agent_heartbeat_gap_seconds', map('agent', agent), 'max', 's', time,
    dateDiff('millisecond', previous, time) / 1000, raw_until, rollup_until
  FROM (${neighbours})
  WHERE time >= ${time('from')} AND time <= previous + toIntervalSecond({lookbackSeconds:UInt32})`,
  params: z.object(window),
});

/** The transitions of a tenant, or of one agent, in `[from, to)`, ascending. */
export const transitionsOf = defineQuery({
  name: 'transitions_of',
  sql: `SELECT agent, ${milliseconds('t.time')} AS time, state FROM agent_transitions AS t FINAL
  WHERE tenant = {tenant:String} AND ({agent:String} = '' OR agent = {agent:String}) AND t.time >= ${time('from')} AND t.time < ${time('to')}
  ORDER BY t.time, agent LIMIT {limit:UInt32}`,
  params: z.object({
    tenant: z.string(),
    agent: z.string().default(''),
    from: z.number().int(),
    to: z.number().int(),
    limit: z.number().int(),
  }),
  row: z.object({ agent: z.string(), time: integer, state: z.enum(agentStates) }),
});
