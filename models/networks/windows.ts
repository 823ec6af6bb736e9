import type { RegularSeries } from '../series.ts';
import { fillGaps } from '../statistics/fill-gaps.ts';
import { standardDeviation } from '../statistics/standard-deviation.ts';

/** Training pairs, row-major: what the network reads and what it should say, both normalised by the context. */
export interface Windows {
  count: number;
  contexts: Float32Array;
  targets: Float32Array;
}

interface WindowShape {
  contextLength: number;
  horizon: number;
  /** At most so many windows are cut, evenly spread over all that there are. */
  maxWindows: number;
}

/** The least share of a context that must have been observed; of a target, all must. */
const leastObserved = 0.75;
/** A target farther than this from the last value, in standard deviations of the context, is cut to it. */
const farthestTarget = 20;

/**
 * Cuts the series into contexts and the targets that follow them. From both the last value of the context is
 * subtracted, then both are divided by the standard deviation of the context; a context that does not vary is left out.
 */
export function cutWindows(
  series: readonly RegularSeries[],
  { contextLength, horizon, maxWindows }: WindowShape,
): Windows {
  const length = contextLength + horizon;
  const starts = series.map(({ values }) => Math.max(0, values.length - length + 1));
  const stride = Math.max(1, Math.ceil(starts.reduce((sum, count) => sum + count, 0) / maxWindows));
  const contexts: number[] = [];
  const targets: number[] = [];
  let position = 0;
  let count = 0;
  for (const { values } of series) {
    const filled = fillGaps(values);
    for (let start = 0; start + length <= values.length; start++) {
      if (position++ % stride !== 0) continue;
      const observed = values.subarray(start, start + length);
      const window = normalise(observed, filled.subarray(start, start + length), contextLength);
      if (window === undefined) continue;
      for (let i = 0; i < contextLength; i++) contexts.push(window[i]!);
      for (let i = contextLength; i < length; i++) targets.push(window[i]!);
      count++;
    }
  }
  return { count, contexts: Float32Array.from(contexts), targets: Float32Array.from(targets) };
}

function normalise(observed: Float64Array, filled: Float64Array, contextLength: number): Float64Array | undefined {
  const present = observed.subarray(0, contextLength).reduce((sum, value) => sum + (Number.isFinite(value) ? 1 : 0), 0);
  if (present < leastObserved * contextLength) return undefined;
  if (!observed.subarray(contextLength).every(Number.isFinite)) return undefined;
  const context = filled.subarray(0, contextLength);
  const last = context[contextLength - 1]!;
  const spread = standardDeviation(context);
  if (spread <= Number.EPSILON * Math.abs(last) * contextLength) return undefined;
  return filled.map((value) => Math.max(-farthestTarget, Math.min(farthestTarget, (value - last) / spread)));
}
