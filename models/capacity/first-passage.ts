import type { Paths } from './growth-paths.ts';

/** When a limit is reached, in steps from the end of the history; null when that is not within the horizon. */
export interface FirstPassage {
  /** A tenth, a half and nine tenths of the futures have reached the limit by then. */
  low: number | null;
  middle: number | null;
  high: number | null;
  /** The share of the futures that reach the limit within the horizon. */
  probability: number;
}

/**
 * When the futures first reach a limit from below. `start` is the last value before them. Of the same futures, a
 * higher limit is never reached earlier, and `low <= middle <= high`.
 */
export function firstPassage(paths: Paths, start: number, limit: number): FirstPassage {
  const times = Float64Array.from(paths, (path) => timeToReach(path, start, limit)).sort();
  const at = (share: number) => {
    const time = times[Math.ceil(share * times.length) - 1]!;
    return Number.isFinite(time) ? time : null;
  };
  const reached = times.reduce((count, time) => count + (Number.isFinite(time) ? 1 : 0), 0);
  return { low: at(0.1), middle: at(0.5), high: at(0.9), probability: reached / times.length };
}

/** Steps until the path passes the limit, on the line from its highest value before; infinite when it does not. */
function timeToReach(path: Float64Array, start: number, limit: number): number {
  let highest = start;
  if (highest >= limit) return 0;
  for (const [step, value] of path.entries()) {
    if (value >= limit) return step + (limit - highest) / (value - highest);
    if (value > highest) highest = value;
  }
  return Number.POSITIVE_INFINITY;
}
