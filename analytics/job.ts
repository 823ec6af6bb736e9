import { AppError } from '../telemetry/errors.ts';
import type { Logger } from '../telemetry/log.ts';

/** The part of time that a run looks at: `[from, to)` in Unix milliseconds, both on the grid of the job. */
export interface JobWindow {
  from: number;
  to: number;
  /** Results are kept for their retention from this day on (days since 1970): that of `to` or of the run, the later. */
  retainFromDay: number;
  /** Ends the run early; what it wrote may stay, for a window can be run again. */
  signal: AbortSignal;
  log: Logger;
  /** Tells how far the run is, 0 to 1. */
  progress(ratio: number): void;
  /** Tells of a part that failed while the run goes on with the others: the history of the run names it. */
  partFailed(part: string, reason: string): void;
}

/**
 * A scheduled job. Schedule and backfill are one path: `run` is given a window and never asks for the time.
 *
 * A window that is run twice changes nothing: what a job writes is keyed by the data, not by the run.
 */
export interface Job {
  id: string;
  description: string;
  /** node-cron's syntax, with seconds; in UTC. */
  schedule: string;
  /** How often the schedule fires; a watermark that is much older than this is late. */
  intervalSeconds: number;
  /** The grid on which windows begin and end. */
  stepSeconds: number;
  /** A longer window is cut into runs of this length, and the watermark moves after each. */
  maxWindowSeconds: number;
  /** How far back the very first scheduled window begins. */
  initialLookbackSeconds: number;
  /** @returns what it counted, for the run's history. */
  run(window: JobWindow): Promise<Record<string, number>>;
}

/**
 * The job of that id.
 *
 * @throws AppError `not_found` that names those that there are.
 */
export function findJob(jobs: readonly Job[], id: string): Job {
  const job = jobs.find((candidate) => candidate.id === id);
  if (job !== undefined) return job;
  const ids = jobs.map((candidate) => candidate.id).join(', ');
  throw new AppError('not_found', `no job ${JSON.stringify(id)}; there are: ${ids}`);
}
