import { insertTransitions } from '../store/queries/agents.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { Job } from './job.ts';

const maxIntervalSeconds = 3600;

/** Records when agents became new, up, late, down and recovered, by the intervals that they promise or keep, and by our clock. */
export function createLivenessJob({
  telemetry,
  lateFactor,
  downFactor,
}: {
  telemetry: TelemetryStore;
  /** So many intervals of silence make an agent late, and so many down. */
  lateFactor: number;
  downFactor: number;
}): Job {
  const lookbackSeconds = Math.ceil(maxIntervalSeconds * (downFactor + 1));
  return {
    id: 'liveness',
    description: 'Records when agents became new, up, late, down and recovered',
    schedule: '*/15 * * * * *',
    intervalSeconds: 15,
    stepSeconds: 15,
    maxWindowSeconds: 86_400,
    initialLookbackSeconds: 3600,
    async run({ from, to }) {
      await telemetry.run(insertTransitions, { from, to, lookbackSeconds, lateFactor, downFactor });
      return {};
    },
  };
}
