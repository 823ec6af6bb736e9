import { type FlatState, layOut } from './flat-state.ts';

const minutesAnHour = 60;
/** An offset is known after so many hours, */
const leastHours = 48;
/** and used where it leaves at most this share of what the hour alone leaves. */
const mostLeft = 0.4;
const memoryHours = 24;
/** A residual teaches an offset at most this many mean residuals. */
const clip = 20;

/**
 * What a series does at each minute of the hour beside what the hour shows: a job every 5, 15, 20, 30 or 60 minutes. Kept
 * as an offset for each minute, a mean over about a day with clipped steps. It says nothing until two days are known and
 * the offsets explain most of the residuals, so that noise has no season.
 *
 * `without` and `within` are the mean absolute residuals without and with the offsets, each measured before the offset
 * knew the sample. It begins with zeros.
 */
const { at, length } = layOut({ offsets: minutesAnHour, hours: 1, without: 1, within: 1 });
export const minuteProfileLength = length;

/** By how much this minute differs from its hour; 0 where there is no season within the hour. */
export function offsetAt(state: FlatState, profile: number, minute: number): number {
  if (state[profile + at.hours]! < leastHours) return 0;
  const explains = state[profile + at.within]! < mostLeft * state[profile + at.without]!;
  return explains ? state[profile + at.offsets + minute]! : 0;
}

/** Learns by how much a sample differs from its hour; `elapsedHours` is at most 1. */
export function learnOffset(
  state: FlatState,
  profile: number,
  minute: number,
  residual: number,
  elapsedHours: number,
): void {
  const place = profile + at.offsets + minute;
  const offset = state[place]!;
  const hours = state[profile + at.hours]! + elapsedHours;
  state[profile + at.hours] = Math.min(leastHours, hours);
  const without = state[profile + at.without]!;
  const limit = without === 0 ? Math.abs(residual) : clip * without;
  const error = residual - offset;
  const step = Math.max(-limit, Math.min(limit, error));
  const share = elapsedHours / Math.min(memoryHours, hours);
  state[place] = offset + step / Math.min(memoryHours, Math.max(1, hours));
  state[profile + at.without] = without + share * (Math.min(Math.abs(residual), limit) - without);
  state[profile + at.within]! += share * (Math.min(Math.abs(error), limit) - state[profile + at.within]!);
}
