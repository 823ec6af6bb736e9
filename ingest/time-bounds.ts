/** How old a record may be and how far ahead of the clock of Fleetcast. */
export interface TimeLimits {
  maxPastDays: number;
  /** Up to here a time is taken as it is. */
  maxFutureSeconds: number;
  /** So much beyond, the time of a sample or an event is moved back; 0 never moves one. */
  clampFutureSeconds: number;
}

/** Which times the records of one request may have, in Unix milliseconds. */
export interface TimeBounds {
  nowMs: number;
  earliest: number;
  latest: number;
  /** Times after `latest` up to here are moved back. */
  clampedUntil: number;
}

/** ClickHouse's DateTime begins in 1970; before 1980 a number is more likely seconds than milliseconds. */
export const earliestMs = Date.UTC(1980);

const dayMs = 86_400_000;
const quarterHourMs = 900_000;

/** The bounds of what is received at `nowMs`; a backfill may be of any age. */
export function timeBounds(
  { maxPastDays, maxFutureSeconds, clampFutureSeconds }: TimeLimits,
  { nowMs, backfill }: { nowMs: number; backfill: boolean },
): TimeBounds {
  const latest = nowMs + maxFutureSeconds * 1000;
  return {
    nowMs,
    earliest: backfill ? earliestMs : nowMs - maxPastDays * dayMs,
    latest,
    clampedUntil: latest + clampFutureSeconds * 1000,
  };
}

/**
 * A time that is too far ahead, moved back by as few quarter hours as bring it within bounds. What a wrong time zone
 * adds is quarter hours, so such a time becomes the right one. Records that are sent together keep their distances, and
 * a record that is sent again soon gets the same time again; neither would be so if all became the time of receipt.
 *
 * @returns undefined of a time that is not to be moved.
 * @example
 * clampTime(nowMs + 3_600_000, timeBounds({ maxPastDays: 400, maxFutureSeconds: 600, clampFutureSeconds: 3600 }, ...))
 * // nowMs
 */
export function clampTime(time: number, { latest, clampedUntil }: TimeBounds): number | undefined {
  if (!(time > latest && time <= clampedUntil)) return undefined;
  return time - Math.ceil((time - latest) / quarterHourMs) * quarterHourMs;
}

/** What is said of a time that was moved. */
export function describeClamp(time: number, clamped: number): string {
  const iso = (ms: number) => new Date(ms).toISOString();
  return `${iso(time)} is ahead of the clock of Fleetcast; stored as of ${iso(clamped)}`;
}
