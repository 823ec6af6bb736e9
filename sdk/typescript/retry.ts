import { setTimeout } from 'node:timers/promises';
import { FleetcastError } from './error.ts';

export interface RetryOptions {
  /** How often a request is sent at most, at least 1. */
  attempts: number;
  signal?: AbortSignal | undefined;
  /** Waits; resolves after so many milliseconds. */
  sleep?: Sleep | undefined;
}

export type Sleep = (delayMs: number, signal?: AbortSignal) => Promise<void>;

const firstDelayMs = 250;
const longestDelayMs = 30_000;
/** Not answered, too many requests, or somebody on the way could not: the next attempt may succeed. */
const passingStatuses: ReadonlySet<number | undefined> = new Set([undefined, 429, 502, 503, 504]);

/**
 * Sends again what failed for a passing reason. Waits as long as the service asked for (`Retry-After`), else twice as
 * long each time, less a random part, so that clients that failed together do not come back together.
 *
 * @throws the last error: when the attempts are used up, when the reason will not pass, or when the service asks for
 * more patience than 30 seconds.
 */
export async function withRetry<T>(
  send: () => Promise<T>,
  { attempts, signal, sleep = sleepForReal }: RetryOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof FleetcastError) || !passingStatuses.has(error.status) || attempt >= attempts) throw error;
      const delayMs = error.retryAfterSeconds === undefined ? backoffMs(attempt) : error.retryAfterSeconds * 1000;
      if (delayMs > longestDelayMs) throw error;
      await sleep(delayMs, signal);
    }
  }
}

/**
 * Reads the header `Retry-After`: seconds or an HTTP date; undefined when it is absent or is neither.
 *
 * @example
 * parseRetryAfter('5', Date.now()) // 5
 */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - nowMs) / 1000);
}

function backoffMs(attempt: number): number {
  const longest = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1));
  return longest * (0.5 + Math.random() / 2);
}

async function sleepForReal(delayMs: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(delayMs, undefined, signal ? { signal } : {});
}
