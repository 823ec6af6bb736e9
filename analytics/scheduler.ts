import { type ScheduledTask, schedule } from 'node-cron';
import type { Logger } from '../telemetry/log.ts';
import type { Job } from './job.ts';
import type { Runner } from './runner.ts';

export interface Scheduler {
  /** No job starts after this. What runs is the runner's to stop. */
  stop(): Promise<void>;
}

/** Lets node-cron start each job by its schedule, in UTC, never two runs of one job at a time. */
export function startScheduler(jobs: readonly Job[], runner: Runner, log: Logger): Scheduler {
  const logger = {
    info: (message: string) => log.debug(message),
    warn: (message: string) => log.warn(message),
    error: (message: string | Error) => log.error({ err: message }, 'scheduler'),
    debug: (message: string | Error) => log.debug({ detail: String(message) }, 'scheduler'),
  };
  const tasks: ScheduledTask[] = jobs.map((job) =>
    schedule(job.schedule, () => runner.runDue(job), { name: job.id, timezone: 'UTC', noOverlap: true, logger }),
  );
  return {
    async stop() {
      await Promise.all(tasks.map((task) => task.destroy()));
    },
  };
}
