const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** Hours since the epoch. */
export function hourOf(timeMs: number): number {
  return Math.floor(timeMs / hourMs);
}

/** Incidents and shifts are counted by quarters of a day. */
export function quarterDayOf(hour: number): number {
  return Math.floor(hour / 6);
}

/** How far into its hour a time is, 0 to 1. */
export function fractionOfHour(timeMs: number): number {
  return timeMs / hourMs - hourOf(timeMs);
}

/** 0 to 59, of a time in `hour`. */
export function minuteOfHour(timeMs: number, hour: number): number {
  return Math.floor((timeMs - hour * hourMs) / minuteMs);
}

/** Monday is 0: the first of January 1970 was a Thursday. */
export function weekdayOf(hour: number): number {
  return (Math.floor(hour / 24) + 3) % 7;
}
