import { quantileSorted } from '../statistics/quantile.ts';

/** Forecasts that were made, and what came. */
export interface Tested {
  forecast: Float64Array;
  /** May be shorter than the forecast, and hold NaN. */
  actual: Float64Array;
}

/** Steps within an eighth of the horizon share their errors. */
const sharedShare = 8;
/** The mean error of all steps counts like so many errors at each step. */
const commonErrors = 4;
/** Errors of neighbouring steps are alike: so many of them tell as much as one alone would. */
const alikeErrors = 8;
/** The distribution that is assumed before any error was seen counts like so many errors. */
const assumedErrors = 60;
/** How much wider than Laplace's it is, for the mean size of the errors is itself an estimate. */
const assumedWidening = 1.07;

/**
 * Quantiles around a forecast from its own errors in the past: split conformal prediction with a scale by step (Vovk
 * et al., 2005; Lei et al., 2018). The scale of a step is the mean size of the errors at it and near it; errors over
 * their scale make one distribution, of which the central quantiles, blended with Laplace's for the few errors that
 * there are, say how many scales an interval is wide. Where forecasts and values are positive, errors are ratios.
 *
 * Beyond the steps that were tested the scale grows with the root of the step.
 *
 * @returns `quantiles[l][h]`, ordered when `levels` ascend; the level 0.5 is the forecast.
 */
export function conformalQuantiles(
  forecast: Float64Array,
  tested: readonly Tested[],
  levels: readonly number[],
): Float64Array[] {
  const isRatio = [forecast, ...tested.flatMap((each) => [each.forecast, each.actual])].every((column) =>
    column.every((value) => !(value <= 0)),
  );
  const errors = tested.map(({ forecast: said, actual }) =>
    Float64Array.from(actual, (y, h) => Math.abs(isRatio ? Math.log(y / said[h]!) : y - said[h]!)),
  );
  const scales = scalesOf(errors, forecast.length);
  const scaled = errors
    .flatMap((each) => [...each.map((error, h) => (scales[h]! > 0 ? error / scales[h]! : 0))])
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  return levels.map((level) => {
    const width = Math.sign(level - 0.5) * widthOf(scaled, Math.abs(2 * level - 1));
    return forecast.map((value, h) =>
      isRatio ? Math.min(Number.MAX_VALUE, value * Math.exp(width * scales[h]!)) : value + width * scales[h]!,
    );
  });
}

/** How many scales lie between the forecast and the edge of the interval that holds the share `coverage`. */
function widthOf(sortedErrors: readonly number[], coverage: number): number {
  const assumed = -assumedWidening * Math.log(1 - coverage);
  const seen = sortedErrors.length / alikeErrors;
  if (seen === 0) return assumed;
  return (seen * quantileSorted(sortedErrors, coverage) + assumedErrors * assumed) / (seen + assumedErrors);
}

function scalesOf(errors: readonly Float64Array[], horizon: number): Float64Array {
  const steps = errors.reduce((longest, { length }) => Math.max(longest, length), 0);
  if (steps === 0) return new Float64Array(horizon);
  const sums = new Float64Array(steps);
  const counts = new Float64Array(steps);
  for (const each of errors) {
    for (let h = 0; h < each.length; h++) {
      if (!Number.isFinite(each[h]!)) continue;
      sums[h]! += each[h]!;
      counts[h]!++;
    }
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  const common = total > 0 ? sums.reduce((sum, each) => sum + each, 0) / total : 0;
  const reach = Math.max(1, Math.round(steps / sharedShare));
  return Float64Array.from({ length: horizon }, (_, step) => {
    const h = Math.min(step, steps - 1);
    let sum = commonErrors * common;
    let count = commonErrors;
    for (let near = Math.max(0, h - reach); near <= Math.min(steps - 1, h + reach); near++) {
      sum += sums[near]!;
      count += counts[near]!;
    }
    return (sum / count) * Math.sqrt((step + 1) / (h + 1));
  });
}
