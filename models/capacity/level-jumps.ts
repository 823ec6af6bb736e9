import { mad } from '../statistics/mad.ts';
import { median } from '../statistics/median.ts';
import { quantile } from '../statistics/quantile.ts';

/** A change between two steps is a jump when it is so many robust standard deviations from the usual change, and ... */
const leastDeviations = 6;
/** ... so large a part of all that the series moves over. */
const leastShare = 0.25;

/** What moves by less than this share of its size stands still: that is rounding. */
const roundingShare = 1e-9;

/** A leap of the level between `at - 1` and `at`, beyond the usual change of a step. */
export interface Jump {
  at: number;
  size: number;
}

/**
 * The leaps of a series, both ways, in their order. A rise next to one that is a third as large is no leap but growth
 * that accelerates. `values` are finite.
 */
export function findJumps(values: Float64Array): Jump[] {
  const changes = values.slice(1).map((value, i) => value - values[i]!);
  if (changes.length < 3) return [];
  const usual = median(changes);
  const span = quantile(values, 1) - quantile(values, 0);
  const least = Math.max(leastDeviations * mad(changes), leastShare * span);
  if (span <= roundingShare * Math.max(...values.map(Math.abs))) return [];
  const sizes = changes.map((change) => change - usual);
  const isGrowth = (i: number) => Math.max(sizes[i - 1] ?? 0, sizes[i + 1] ?? 0) > sizes[i]! / 3;
  return Array.from(sizes, (size, i) => ({ at: i + 1, size })).filter(
    ({ size }, i) => Math.abs(size) >= least && (size < 0 || !isGrowth(i)),
  );
}

/** The series as if its level had never leapt, ending where it ends: what is left is what grows. */
export function removeJumps(values: Float64Array, jumps: readonly Jump[]): Float64Array {
  const smooth = values.slice();
  for (const { at, size } of jumps) for (let t = 0; t < at; t++) smooth[t]! += size;
  return smooth;
}
