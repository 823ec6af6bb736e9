import type { MiddlewareHandler } from 'hono';
import type { Writer } from '../ingest/writer.ts';
import { AppError } from '../telemetry/errors.ts';
import type { AppEnvironment } from './context.ts';

/** For so long a reader waits for what was acknowledged before it came. */
const longestWaitMs = 2000;

/** A job may wait longer than a reader. */
const longestWaitOfJobsMs = 30_000;

/** What a job awaits before it reads a window: no record of it may still be on its way. */
export function settledBy(writer: Pick<Writer, 'caughtUp'>): () => Promise<void> {
  return async () => {
    if (await writer.caughtUp(longestWaitOfJobsMs)) return;
    throw new AppError('unavailable', 'records that were acknowledged are not in ClickHouse yet');
  };
}

/**
 * Lets a request see every record that this process acknowledged before: it waits until they have left the spool. Where
 * that takes too long, or ClickHouse does not take records, it is answered from what is stored, and the header
 * `Fleetcast-Behind-Seconds` says how old the oldest record is that may be missing.
 */
export function readAfterWrites(writer: Pick<Writer, 'caughtUp' | 'backlog'>): MiddlewareHandler<AppEnvironment> {
  return async (context, next) => {
    const isCurrent = await writer.caughtUp(longestWaitMs);
    await next();
    if (!isCurrent) context.header('Fleetcast-Behind-Seconds', writer.backlog().ageSeconds.toFixed(1));
  };
}
