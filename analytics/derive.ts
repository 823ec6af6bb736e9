import { deriveHeartbeatGaps } from '../store/queries/agents.ts';
import { deriveQueueDepth } from '../store/queries/queue.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { Job } from './job.ts';

/** Longer than any heartbeat interval, so that the heartbeat before the window is seen. */
const lookbackSeconds = 4 * 3600;

/**
 * Derives the series that need more than one row: the gap between heartbeats and the depth of queues. What one row
 * alone tells is derived by ClickHouse's views at the insert.
 */
export function createDeriveJob({ telemetry }: { telemetry: TelemetryStore }): Job {
  return {
    id: 'derive',
    description: 'Derives heartbeat gaps and queue depths from heartbeats and task events',
    schedule: '5 * * * * *',
    intervalSeconds: 60,
    stepSeconds: 60,
    maxWindowSeconds: 86_400,
    initialLookbackSeconds: 3600,
    async run({ from, to }) {
      await telemetry.run(deriveHeartbeatGaps, { from, to, lookbackSeconds });
      await telemetry.run(deriveQueueDepth, { from, to });
      return {};
    },
  };
}
