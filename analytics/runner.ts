import { randomUUID } from 'node:crypto';
import {
  advanceWatermark,
  deleteRunsBefore,
  failAbandonedRuns,
  insertRun,
  type JobRun,
  readWatermark,
  updateRun,
} from '../store/records/job-runs.ts';
import type { StateStore } from '../store/state.ts';
import { AppError } from '../telemetry/errors.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { findJob, type Job } from './job.ts';
import { collectPartFailures } from './part-failures.ts';

export interface RunnerOptions {
  jobs: readonly Job[];
  state: StateStore;
  /** Names this process in the history. */
  holder: string;
  now: () => Date;
  /** Data younger than this may still arrive; windows end before it. */
  latenessSeconds: number;
  /** Waits until records that were acknowledged can be read, and throws when they cannot: no run is to miss them. */
  settled?: () => Promise<void>;
  metrics: Pick<Metrics, 'jobDuration' | 'jobRuns' | 'jobFailures'>;
  log: Logger;
}

/** Runs jobs over windows: one run of a job at a time, in this process and across replicas. */
export interface Runner {
  /** Runs what has become due since the watermark; does nothing when another run of the job is under way. */
  runDue(job: Job): Promise<void>;
  /** Queues a run over a window of the caller's choice, and answers at once. */
  request(jobId: string, from: number, to: number): Promise<JobRun>;
  /** Ends what runs and waits for it. */
  stop(): Promise<void>;
}

const dayMs = 86_400_000;
const historyMs = 7 * dayMs;
const lockRetryMs = 500;

/** Creates the runner. A run that fails leaves the watermark, so that the next tick tries the same window again. */
export function createRunner({
  jobs,
  state,
  holder,
  now,
  latenessSeconds,
  settled = async () => {},
  metrics,
  log,
}: RunnerOptions): Runner {
  const stopping = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  for (const { id } of jobs) {
    metrics.jobRuns.inc({ job: id }, 0);
    metrics.jobFailures.inc({ job: id }, 0);
  }

  function track<T>(work: Promise<T>): Promise<T> {
    underWay.add(work);
    return work.finally(() => underWay.delete(work));
  }

  /** Runs the job over the window of `run`, a chunk at a time, while its lock is held. */
  async function execute(job: Job, run: JobRun): Promise<void> {
    const runLog = log.child({ job: job.id, run: run.id });
    const end = metrics.jobDuration.startTimer({ job: job.id });
    const failures = collectPartFailures();
    let written = performance.now();
    // The last word on a run must be its end: a progress that is still on its way is waited for.
    let writing: Promise<void> = Promise.resolve();
    const progress = (ratio: number): void => {
      run.progress = ratio;
      if (performance.now() - written < 1000) return;
      written = performance.now();
      writing = writing
        .then(() => updateRun(state, { ...run }))
        .catch((error: unknown) => runLog.warn({ err: error }, 'progress not written'));
    };
    run.status = 'running';
    try {
      for (let from = run.from; from < run.to; ) {
        stopping.signal.throwIfAborted();
        const to = Math.min(run.to, from + job.maxWindowSeconds * 1000);
        const share = (to - from) / (run.to - run.from);
        const before = (from - run.from) / (run.to - run.from);
        const watermark = await readWatermark(state, job.id);
        await settled();
        const counts = await job.run({
          from,
          to,
          retainFromDay: Math.ceil(Math.max(to, now().getTime()) / dayMs),
          signal: stopping.signal,
          log: runLog,
          progress: (ratio) => progress(before + ratio * share),
          partFailed: failures.note,
        });
        for (const [name, count] of Object.entries(counts)) run.result[name] = (run.result[name] ?? 0) + count;
        const follows = watermark === undefined ? run.trigger === 'schedule' : from <= watermark;
        if (follows) await advanceWatermark(state, job.id, to);
        progress(before + share);
        from = to;
      }
      run.status = 'succeeded';
      run.error = failures.text();
    } catch (error) {
      run.status = 'failed';
      run.error = (error as Error).message;
      if (!stopping.signal.aborted) {
        metrics.jobFailures.inc({ job: job.id });
        runLog.error({ err: error, from: run.from, to: run.to }, 'job failed');
      }
    }
    end();
    metrics.jobRuns.inc({ job: job.id });
    run.finishedAt = now().getTime();
    await writing;
    await updateRun(state, run);
  }

  function newRun(job: Job, trigger: JobRun['trigger'], from: number, to: number): JobRun {
    const startedAt = now().getTime();
    return {
      id: randomUUID(),
      job: job.id,
      trigger,
      from,
      to,
      status: 'queued',
      progress: 0,
      startedAt,
      finishedAt: null,
      result: {},
      error: '',
    };
  }

  /** Up to where a job may look: younger data may still arrive. */
  function dueTo(job: Job): number {
    const stepMs = job.stepSeconds * 1000;
    return Math.floor((now().getTime() - latenessSeconds * 1000) / stepMs) * stepMs;
  }

  async function dueRun(job: Job): Promise<JobRun | undefined> {
    const to = dueTo(job);
    const from = (await readWatermark(state, job.id)) ?? to - job.initialLookbackSeconds * 1000;
    return from < to ? newRun(job, 'schedule', from, to) : undefined;
  }

  async function waitForLock(job: Job, run: JobRun): Promise<void> {
    for (;;) {
      stopping.signal.throwIfAborted();
      const done = await state.exclusive(`job:${job.id}`, async () => {
        await updateRun(state, { ...run, status: 'running' });
        await execute(job, run);
        return true;
      });
      if (done) return;
      await new Promise((resolve) => setTimeout(resolve, lockRetryMs));
    }
  }

  /** A run that could not begin, or whose end could not be written, must not look as if it were still to come. */
  async function giveUp(run: JobRun, error: unknown): Promise<void> {
    log.warn({ err: error, job: run.job, run: run.id }, 'requested run ended early');
    await updateRun(state, { ...run, status: 'failed', finishedAt: now().getTime(), error: (error as Error).message });
  }

  return {
    async runDue(job) {
      if (stopping.signal.aborted) return;
      await track(
        state.exclusive(`job:${job.id}`, async () => {
          await failAbandonedRuns(state, job.id, now().getTime());
          const run = await dueRun(job);
          if (run === undefined) return;
          await insertRun(state, { ...run, status: 'running' }, holder);
          await execute(job, run);
          await deleteRunsBefore(state, job.id, now().getTime() - historyMs);
        }),
      ).catch((error: unknown) => {
        metrics.jobFailures.inc({ job: job.id });
        log.error({ err: error, job: job.id }, 'job could not be run');
      });
    },

    async request(jobId, from, to) {
      const job = findJob(jobs, jobId);
      const stepMs = job.stepSeconds * 1000;
      const end = Math.min(Math.ceil(to / stepMs) * stepMs, dueTo(job));
      const start = Math.floor(from / stepMs) * stepMs;
      if (start >= end) {
        throw new AppError(
          'invalid_request',
          `from must be before ${new Date(end).toISOString()}: what is younger may still arrive`,
          {
            errors: [{ pointer: '/from', detail: `not before ${new Date(end).toISOString()}` }],
          },
        );
      }
      const run = newRun(job, 'request', start, end);
      await insertRun(state, run, holder);
      track(waitForLock(job, run).catch((error: unknown) => giveUp(run, error))).catch((error: unknown) =>
        log.error({ err: error, job: jobId, run: run.id }, 'end of a run not written'),
      );
      return { ...run, result: {} };
    },

    async stop() {
      stopping.abort(new Error('the service is stopping'));
      await Promise.allSettled(underWay);
    },
  };
}
