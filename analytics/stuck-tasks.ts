import { insertStuckTasks } from '../store/queries/stuck-tasks.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { Job } from './job.ts';

const hourSeconds = 3600;
/** No limit is longer than this, so that a look back of a day sees the last word of every task that may become stuck. */
const limits = { factor: 3, minSeconds: 300, maxSeconds: 12 * hourSeconds, unknownSeconds: 6 * hourSeconds };

/** Finds tasks that were started and then gave no sign for much longer than their kind takes. */
export function createStuckTasksJob({ telemetry }: { telemetry: TelemetryStore }): Job {
  return {
    id: 'stuck-tasks',
    description: 'Finds tasks that go on for much longer than their kind does, without a sign',
    schedule: '25 * * * * *',
    intervalSeconds: 60,
    stepSeconds: 60,
    maxWindowSeconds: 86_400,
    initialLookbackSeconds: hourSeconds,
    async run({ from, to }) {
      await telemetry.run(insertStuckTasks, { from, to, lookbackSeconds: 24 * hourSeconds, ...limits });
      return {};
    },
  };
}
