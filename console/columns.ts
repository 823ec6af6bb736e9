import type { Column } from './api-types.ts';

/** Columns over the same times: what a chart joins with others. */
export interface TimeTable {
  times: readonly number[];
  columns: readonly Column[];
}

/** The median distance of neighbouring times, in milliseconds; 0 for fewer than two. */
export function typicalStepMs(times: readonly number[]): number {
  const steps = times
    .slice(1)
    .map((time, i) => time - times[i]!)
    .sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 0;
}

/**
 * Puts a row of nulls into each gap that is longer than `maxGapMs`, so that a line ends there and begins anew.
 *
 * @example
 * breakGaps({ times: [0, 1, 9], columns: [[5, 6, 7]] }, 2)
 * // { times: [0, 1, 2, 9], columns: [[5, 6, null, 7]] }
 */
export function breakGaps({ times, columns }: TimeTable, maxGapMs: number): TimeTable {
  const brokenTimes: number[] = [];
  const broken = columns.map((): (number | null)[] => []);
  times.forEach((time, i) => {
    const previous = times[i - 1];
    if (previous !== undefined && time - previous > maxGapMs) {
      brokenTimes.push(previous + 1);
      for (const column of broken) column.push(null);
    }
    brokenTimes.push(time);
    broken.forEach((column, c) => {
      column.push(columns[c]![i] ?? null);
    });
  });
  return { times: brokenTimes, columns: broken };
}

/** Means over `count` equal parts of `[from, to)`; null for a part without a value. */
export function resample(
  times: readonly number[],
  values: Column,
  { from, to, count }: { from: number; to: number; count: number },
): (number | null)[] {
  const sums = new Array<number>(count).fill(0);
  const counts = new Array<number>(count).fill(0);
  times.forEach((time, i) => {
    const value = values[i];
    const part = Math.floor(((time - from) / (to - from)) * count);
    if (value === null || value === undefined || part < 0 || part >= count) return;
    sums[part]! += value;
    counts[part]!++;
  });
  return sums.map((sum, part) => (counts[part]! > 0 ? sum / counts[part]! : null));
}

/** The last value that is there, and its time. */
export function lastPoint(times: readonly number[], values: Column): { time: number; value: number } | undefined {
  for (let i = times.length - 1; i >= 0; i--) {
    const value = values[i];
    if (value !== null && value !== undefined) return { time: times[i]!, value };
  }
  return undefined;
}

export interface Extent {
  low: number;
  high: number;
}

/** The least and the largest value; undefined where there is none. */
export function extentOf(values: Column): Extent | undefined {
  let extent: Extent | undefined;
  for (const value of values) {
    if (value === null) continue;
    extent ??= { low: value, high: value };
    if (value < extent.low) extent.low = value;
    if (value > extent.high) extent.high = value;
  }
  return extent;
}

/**
 * Counts of events in every bucket of a grid from the first time until `untilMs`: where nothing was counted, nothing
 * happened. A bucket that is not over by then is left out, for it would look like a fall.
 *
 * @example
 * fillCounts([0, 3, 5], [5, 6, 1], { stepMs: 1, untilMs: 5 })
 * // { times: [0, 1, 2, 3, 4], columns: [[5, 0, 0, 6, 0]] }
 */
export function fillCounts(
  times: readonly number[],
  counts: Column,
  { stepMs, untilMs }: { stepMs: number; untilMs: number },
): TimeTable {
  const known = new Map(times.map((time, i) => [time, counts[i] ?? 0]));
  const filledTimes: number[] = [];
  for (let time = times[0] ?? untilMs; time + stepMs <= untilMs; time += stepMs) filledTimes.push(time);
  return { times: filledTimes, columns: [filledTimes.map((time) => known.get(time) ?? 0)] };
}
