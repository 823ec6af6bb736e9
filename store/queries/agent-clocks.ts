import { z } from 'zod';
import { defineQuery, defineStatement } from '../query.ts';
import { integer, milliseconds, time } from './columns.ts';

/**
 * Estimates how far the clocks of agents are from ours at `to`, out of the heartbeats that came in the half hour before.
 *
 * The receipt of a heartbeat less its own time is the way of the network less the skew. The network only adds, and now
 * and then a lot; so the low decile of the differences is the skew with the least delay, and one odd heartbeat does not
 * move it. Heartbeats that were sent late, such as history, differ by more from each other than half an interval: of
 * such an agent nothing is said, and what was known of it stays. So it is with fewer than three.
 *
 * Heartbeats that say no time have our own, and a skew of 0. A skew of more than two days is not seen.
 */
export const estimateClockSkews = defineStatement({
  name: 'estimate_clock_skews',
  sql: `INSERT INTO agent_clocks (tenant, agent, skew_seconds, spread_seconds, heartbeats, as_of, until)
  SELECT tenant, agent, -quickest AS skew_seconds, typical - quickest AS spread_seconds, heartbeats, ${time('to')}, until
  FROM (
    SELECT
      tenant, agent,
      quantileExactLow(0.1)(dateDiff('millisecond', h.time, h.received_at) / 1000) AS quickest,
      quantileExactLow(0.5)(dateDiff('millisecond', h.time, h.received_at) / 1000) AS typical,
      max(h.interval_seconds) AS longest_interval,
      count() AS heartbeats,
      max(h.rollup_until) AS until
    FROM heartbeats AS h FINAL
    WHERE h.time >= ${time('to')} - INTERVAL 2 DAY AND h.time < ${time('to')} + INTERVAL 2 DAY
      AND h.received_at >= ${time('to')} - INTERVAL 30 MINUTE AND h.received_at < ${time('to')}
    GROUP BY tenant, agent)
  WHERE heartbeats >= 3 AND spread_seconds <= longest_interval / 2`,
  params: z.object({ to: z.number().int() }),
});

/** How far the clocks of a tenant's agents are from ours, as far as that is known; of all agents, or of one. */
export const clockSkews = defineQuery({
  name: 'clock_skews',
  sql: `SELECT agent, skew_seconds, spread_seconds, heartbeats, ${milliseconds('c.as_of')} AS as_of
  FROM agent_clocks AS c FINAL
  WHERE tenant = {tenant:String} AND ({agent:String} = '' OR agent = {agent:String})
  ORDER BY agent`,
  params: z.object({ tenant: z.string(), agent: z.string().default('') }),
  row: z.object({
    agent: z.string(),
    skew_seconds: z.number(),
    spread_seconds: z.number(),
    heartbeats: integer,
    as_of: integer,
  }),
});
