export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** Incidents and shifts are counted by quarters of a day. */
export const blockMs = 6 * hourMs;

/** Hours since the epoch. */
export function hourOf(timeMs: number): number {
  return Math.floor(timeMs / hourMs);
}

/** How far into its hour a time is, 0 to 1. */
export function fractionOfHour(timeMs: number): number {
  return timeMs / hourMs - hourOf(timeMs);
}
