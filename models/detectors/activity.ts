import { type FlatState, layOut } from './flat-state.ts';

/** Below this share of other values, a series is one of zeros. */
const mostActive = 0.5;
const shareHours = 24;
/** The mean is over about so many values, each of which teaches it at most this many times itself. */
const memoryValues = 50;
const clip = 3;

/**
 * What a series that is mostly 0 shows when it is not: queues, errors, traffic of what is seldom used. The noise around a
 * steady 0 is nothing, and measured by it the least that happens would be without measure; the mean of what is not 0 is
 * the unit. It begins with zeros.
 */
const { at, length } = layOut({ share: 1, mean: 1, values: 1 });
export const activityLength = length;

/** The mean size of what is not 0 in a series of zeros; 0 in any other, and in one that has been 0 for ever. */
export function activityOf(state: FlatState, activity: number): number {
  return state[activity + at.share]! < mostActive ? state[activity + at.mean]! : 0;
}

/** Whether there has been nothing but zeros: whatever comes first has no unit to be measured in. */
export function wasAlwaysZero(state: FlatState, activity: number): boolean {
  return state[activity + at.values] === 0;
}

/** Learns a value; `samples` counts it, `elapsedHours` is at most 1. */
export function learnActivity(
  state: FlatState,
  activity: number,
  value: number,
  samples: number,
  elapsedHours: number,
): void {
  const share = state[activity + at.share]!;
  state[activity + at.share] = share + Math.max(1 / samples, elapsedHours / shareHours) * (Number(value !== 0) - share);
  if (value === 0) return;
  const mean = state[activity + at.mean]!;
  const values = Math.min(memoryValues, state[activity + at.values]! + 1);
  const size = values === 1 ? Math.abs(value) : Math.min(Math.abs(value), clip * mean);
  state[activity + at.mean] = mean + (size - mean) / values;
  state[activity + at.values] = values;
}
