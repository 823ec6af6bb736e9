import { median } from '../statistics/median.ts';
import type { Jump } from './level-jumps.ts';

/** A series that grows and is reset, again and again: log rotation, garbage collection, restarts. */
export interface Teeth {
  /** The highest value of each tooth that has ended, oldest first, two at least. */
  peaks: Float64Array;
  /** The usual length of a tooth, in steps. */
  period: number;
  /** How long ago the present tooth began, and its highest value so far. */
  age: number;
  highest: number;
}

/** A tooth that lasts for so many times the longest one before, and is higher than all, is no tooth any more. */
const overdue = 1.5;

/**
 * The teeth of a series that was reset twice at least; undefined of any other, and of one whose resets have ceased:
 * then what grows, grows on.
 */
export function findTeeth(values: Float64Array, jumps: readonly Jump[]): Teeth | undefined {
  const resets = jumps
    .filter(({ size }) => size < 0)
    .map(({ at }) => at)
    .filter((at, i, all) => i === 0 || at > all[i - 1]! + 1);
  if (resets.length < 2) return undefined;
  const highest = (from: number, to: number) => values.subarray(from, to).reduce((a, b) => Math.max(a, b));
  const peaks = Float64Array.from(resets, (at, i) => highest(resets[i - 1] ?? 0, at));
  const lengths = resets.slice(1).map((at, i) => at - resets[i]!);
  const last = resets.at(-1)!;
  const teeth = { peaks, period: median(lengths), age: values.length - last, highest: highest(last, values.length) };
  const longest = Math.max(last - resets.at(-2)!, ...lengths);
  const hasCeased = teeth.age > overdue * longest && teeth.highest > Math.max(...peaks);
  return hasCeased ? undefined : teeth;
}
