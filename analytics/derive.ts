import { estimateClockSkews } from '../store/queries/agent-clocks.ts';
import { learnIntervals } from '../store/queries/agent-intervals.ts';
import { deriveHeartbeatGaps } from '../store/queries/agents.ts';
import { deriveQueueDepth } from '../store/queries/queue.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { Job } from './job.ts';

/** Longer than any heartbeat interval, so that the heartbeat before the window is seen. */
const lookbackSeconds = 4 * 3600;
const hourMs = 3_600_000;

/**
 * Derives what needs more than one row: the gap between heartbeats, the depth of queues, how often agents are heard, and how far the clocks of agents
 * are from ours. What one row alone tells is derived by ClickHouse's views at the insert.
 */
export function createDeriveJob({ telemetry }: { telemetry: TelemetryStore }): Job {
  return {
    id: 'derive',
    description: 'Derives heartbeat gaps, queue depths and the skew of clocks from heartbeats and task events',
    schedule: '5 * * * * *',
    intervalSeconds: 60,
    stepSeconds: 60,
    maxWindowSeconds: 86_400,
    initialLookbackSeconds: 3600,
    async run({ from, to }) {
      await telemetry.run(deriveHeartbeatGaps, { from, to, lookbackSeconds });
      await telemetry.run(deriveQueueDepth, { from, to });
      await telemetry.run(estimateClockSkews, { to });
      for (let hour = Math.ceil(from / hourMs) * hourMs; hour < to; hour += hourMs)
        await telemetry.run(learnIntervals, { hour });
      return {};
    },
  };
}
