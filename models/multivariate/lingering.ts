/** What a row leaves to those after it; plain data. */
export interface Lingering {
  /** When the row was, Unix milliseconds. */
  atMs: number;
  /** The highest value so far, fading. */
  held: number;
  /** The mean value so far, the last ones counting most. */
  mean: number;
}

/** After so long a third is left: as far back as a row looks at all. */
const fadingMs = 20 * 60_000;

/**
 * Takes one more value in. What `lingeringScore` makes of it is high from the first odd row on, stays while a course is
 * odd every now and then, and fades when it is ordinary again: an incident lasts longer than each of its minutes is
 * odd. The mean lets what goes on stand above what was odd once.
 *
 * A fading maximum beside the moving average of Roberts, "Control chart tests based on geometric moving averages" (1959).
 */
export function linger(value: number, atMs: number, before: Lingering | null, stepMs: number): Lingering {
  const kept = before === null ? 0 : Math.exp(-Math.max(0, atMs - before.atMs) / fadingMs);
  return {
    atMs,
    held: Math.max(value, kept * (before?.held ?? 0)),
    mean: kept * (before?.mean ?? 0) + (1 - Math.exp(-stepMs / fadingMs)) * value,
  };
}

export function lingeringScore({ held, mean }: Lingering): number {
  return held + mean;
}
