import { z } from 'zod';
import { agentStates } from '../../telemetry/names.ts';
import { defineQuery, defineStatement } from '../query.ts';
import { maxLearnedFactor } from './agent-intervals.ts';
import { integer, labels, milliseconds, time } from './columns.ts';

const liveness = {
  now: z.number().int(),
  /** So many heartbeat intervals of silence make an agent late, and down. */
  lateFactor: z.number(),
  downFactor: z.number(),
  /** For so long an agent is called new, and recovered. */
  settleSeconds: z.number(),
};

/** Whoever was silent for longer is looked at as if it had never been down. */
const longestSilenceSeconds = 30 * 86_400;

/**
 * Agents with their state at `now`, in the order of their names, after a cursor; forgotten ones left out. The age of the
 * last heartbeat is by our clock: its time is set right by the skew of the agent's, where that is known. One that is heard after
 * its last transition said that it was down has recovered, though no job has said so yet.
 */
export const listAgents = defineQuery({
  name: 'list_agents',
  sql: `SELECT * FROM (
    SELECT
      a.agent AS agent,
      argMaxMerge(a.agent_type) AS type,
      argMaxMerge(a.version) AS version,
      argMaxMerge(a.status) AS status,
      argMaxMerge(a.interval_seconds) AS interval_seconds,
      argMaxMerge(a.labels) AS labels,
      ${milliseconds('min(a.first_seen)')} AS first_seen,
      ${milliseconds('max(a.last_seen)')} AS last_seen,
      any(c.skew_seconds) AS clock_skew_seconds,
      greatest(0, ({now:Int64} - last_seen) / 1000 + ifNull(clock_skew_seconds, 0)) AS age_seconds,
      greatest(interval_seconds, least(any(l.learned_seconds), ${maxLearnedFactor} * interval_seconds, 3600)) AS expected_seconds,
      multiIf(
        age_seconds > expected_seconds * {downFactor:Float64}, 'down',
        age_seconds > expected_seconds * {lateFactor:Float64}, 'late',
        any(t.last_state) = 'down' OR (any(t.last_state) = 'recovered' AND any(t.changed_at) > {now:Int64} - 1000 * {settleSeconds:Float64}), 'recovered',
        ({now:Int64} - first_seen) / 1000 + ifNull(clock_skew_seconds, 0) < {settleSeconds:Float64}, 'new',
        'up') AS state
    FROM agents AS a
    LEFT JOIN (
      SELECT agent, toNullable(argMax(skew_seconds, as_of)) AS skew_seconds
      FROM agent_clocks WHERE tenant = {tenant:String} GROUP BY agent
    ) AS c ON c.agent = a.agent
    LEFT JOIN (
      SELECT agent, argMax(learned_seconds, hour) AS learned_seconds
      FROM agent_intervals WHERE tenant = {tenant:String} GROUP BY agent
    ) AS l ON l.agent = a.agent
    LEFT JOIN (
      SELECT agent, argMax(state, (time, state != 'down')) AS last_state, ${milliseconds('max(time)')} AS changed_at
      FROM agent_transitions
      WHERE tenant = {tenant:String} AND time > ${time('now')} - toIntervalSecond(toInt64(least({forgetAfterSeconds:Float64}, ${longestSilenceSeconds}))) AND time <= ${time('now')}
      GROUP BY agent
    ) AS t ON t.agent = a.agent
    WHERE a.tenant = {tenant:String} AND a.agent > {after:String} AND ({agent:String} = '' OR a.agent = {agent:String})
    GROUP BY a.agent)
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
    /** The next heartbeat is expected within it: what is promised, or learned where that is longer. */
    expected_seconds: z.number(),
    labels,
    first_seen: integer,
    last_seen: integer,
    age_seconds: z.number(),
    clock_skew_seconds: z.number().nullable(),
    state: z.enum(agentStates),
  }),
});

/** Heartbeats before `to` with the time of the one before. */
const neighbours = `
  SELECT
    tenant, agent, time, raw_until, rollup_until,
    lagInFrame(toNullable(time)) OVER w AS previous
  FROM (SELECT * FROM heartbeats FINAL WHERE time >= ${time('from')} - toIntervalSecond({lookbackSeconds:UInt32}) AND time < ${time('to')})
  WINDOW w AS (PARTITION BY tenant, agent ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)`;

const window = { from: z.number().int(), to: z.number().int(), lookbackSeconds: z.number().int() };

/** A clock that is off by less than half of this is taken as right, so that an estimate that wavers changes nothing. */
const skewGrainSeconds = 10;

/**
 * Heartbeats as they were by our clock, with the time within which the next is expected: what the agent promises, or what was
 * learned of it where that is longer, up to ten times the promise.
 */
const expectedBeats = `
  SELECT h.tenant AS tenant, h.agent AS agent, h.time AS sent_at, h.status AS status, h.rollup_until AS rollup_until, h.received_at AS received_at,
    addMilliseconds(h.time, -1000 * skew) AS time,
    greatest(h.interval_seconds, least(learned, ${maxLearnedFactor} * h.interval_seconds, 3600)) AS expected
  FROM (
    SELECT * FROM heartbeats FINAL
    WHERE time >= ${time('from')} - toIntervalSecond({lookbackSeconds:UInt32}) + toIntervalSecond((SELECT toInt64(least(0, min(skew))) FROM skews))
      AND time < ${time('to')} + toIntervalSecond((SELECT toInt64(greatest(0, max(skew))) FROM skews))) AS h
  LEFT JOIN skews ON skews.tenant = h.tenant AND skews.agent = h.agent
  LEFT JOIN (
    SELECT tenant, agent, hour, learned_seconds AS learned FROM agent_intervals FINAL
    WHERE hour >= toStartOfHour(${time('from')}) - toIntervalSecond({lookbackSeconds:UInt32}) AND hour < ${time('to')} + INTERVAL 2 DAY
  ) AS l ON l.tenant = h.tenant AND l.agent = h.agent AND l.hour = toStartOfHour(h.time)`;

const after = (column: string, seconds: string, factor: 'lateFactor' | 'downFactor') =>
  `addMilliseconds(${column}, ${seconds} * 1000 * {${factor}:Float64})`;

/**
 * Writes when agents became new, up, late, down and recovered in `[from, to)`; a function of the heartbeats and of what is
 * known of clocks and intervals. Whoever is heard for the first time ever is new, and after it was down, recovered. A heartbeat
 * that came late, of an agent that had been called down, says that it was up.
 */
export const insertTransitions = defineStatement({
  name: 'insert_transitions',
  sql: `INSERT INTO agent_transitions (tenant, agent, time, state, until, since, expected_seconds, status)
  WITH skews AS (
    SELECT tenant, agent, round(argMax(skew_seconds, as_of) / ${skewGrainSeconds}) * ${skewGrainSeconds} AS skew
    FROM agent_clocks GROUP BY tenant, agent HAVING skew != 0),
  called_down AS (
    SELECT DISTINCT tenant, agent FROM agent_transitions
    WHERE time >= ${time('from')} - toIntervalSecond({lookbackSeconds:UInt32}) AND time < ${time('from')} AND state = 'down')
  SELECT tenant, agent, transition.2, transition.1, rollup_until, time, expected, status
  FROM (
    SELECT tenant, agent, time, expected, status, rollup_until, is_late, arrayJoin(arrayFilter(t -> t.3, [
      (multiIf(sent_at = first_seen, 'new', previous IS NULL OR time > ${after('previous', 'previous_expected', 'downFactor')}, 'recovered', 'up'), time,
        is_late OR previous IS NULL OR time > ${after('previous', 'previous_expected', 'lateFactor')}),
      ('late', ${after('time', 'expected', 'lateFactor')}, next > ${after('time', 'expected', 'lateFactor')}),
      ('down', ${after('time', 'expected', 'downFactor')}, next > ${after('time', 'expected', 'downFactor')})
    ])) AS transition
    FROM (
      SELECT tenant, agent, time, sent_at, expected, status, rollup_until,
        received_at >= ${time('from')} AND time < ${time('from')} AND (tenant, agent) IN (SELECT tenant, agent FROM called_down) AS is_late,
        lagInFrame(toNullable(time)) OVER w AS previous,
        lagInFrame(expected) OVER w AS previous_expected,
        ifNull(leadInFrame(toNullable(time)) OVER w, ${time('to')}) AS next
      FROM (${expectedBeats})
      WHERE time < ${time('to')}
      WINDOW w AS (PARTITION BY tenant, agent ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) AS beats
    INNER JOIN (SELECT tenant, agent, min(first_seen) AS first_seen FROM agents GROUP BY tenant, agent) AS known USING (tenant, agent))
  WHERE transition.2 < ${time('to')} AND (transition.2 >= ${time('from')} OR (is_late AND transition.1 NOT IN ('late', 'down')))`,
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
