import { z } from 'zod';
import { defineStatement } from '../query.ts';
import { time } from './columns.ts';

/** An agent's own gaps count for at most so many of the intervals that it promises. */
export const maxLearnedFactor = 10;

/**
 * Learns for the hour of `hour` how often each agent is heard: of the 24 hours before it, the longest gap between heartbeats of each,
 * and of these the median. An outage is the longest gap of one hour or two, so that it does not move it; the jitter of an
 * agent that keeps no promise does. Nothing is learned of fewer than three hours.
 */
export const learnIntervals = defineStatement({
  name: 'learn_intervals',
  sql: `INSERT INTO agent_intervals (tenant, agent, hour, learned_seconds, hours, until)
  SELECT tenant, agent, toStartOfHour(${time('hour')}), quantileExact(0.5)(longest), count(), max(until)
  FROM (
    SELECT r.tenant AS tenant, r.series_id AS series_id, r.bucket AS bucket, max(r.max) AS longest, max(r.rollup_until) AS until
    FROM rollup_hour AS r
    WHERE (r.tenant, r.series_id) IN (SELECT tenant, series_id FROM series WHERE metric = 'agent_heartbeat_gap_seconds')
      AND r.bucket >= toStartOfHour(${time('hour')}) - INTERVAL 24 HOUR AND r.bucket < toStartOfHour(${time('hour')})
    GROUP BY tenant, series_id, bucket) AS gaps
  INNER JOIN (
    SELECT tenant, series_id, anyLast(labels)['agent'] AS agent FROM series WHERE metric = 'agent_heartbeat_gap_seconds' GROUP BY tenant, series_id
  ) AS named USING (tenant, series_id)
  GROUP BY tenant, agent HAVING count() >= 3`,
  params: z.object({ hour: z.number().int() }),
});
