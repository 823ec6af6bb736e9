import { burg } from '../statistics/burg.ts';
import { mean } from '../statistics/mean.ts';
import type { Past } from './past.ts';
import type { PointForecaster } from './point-forecaster.ts';

const highestOrder = 30;
/** A model of the far past tells little of the next days. */
const longestPast = 4000;

/**
 * Autoregression: the next value is the mean plus a weighted sum of how far the last values were from it. The weights
 * come from Burg's recursion, their number, up to 30, from AICc. The forecasts of earlier moments take the weights of
 * the first of them.
 */
export const autoregression: PointForecaster = {
  id: 'ar',
  forecast: (pasts, horizon) =>
    forecastEach(pasts, (past, weightsOf) => {
      const recent = recentOf(past);
      const centre = mean(recent);
      const deviations = recent.map((value) => value - centre);
      return continueBy(weightsOf(deviations), deviations, horizon).map((value) => value + centre);
    }),
};

/** Autoregression of the changes from step to step: for a series that wanders and has no mean to return to. */
export const differencedAutoregression: PointForecaster = {
  id: 'ar-differenced',
  forecast: (pasts, horizon) =>
    forecastEach(pasts, (past, weightsOf) => {
      const recent = recentOf(past);
      const changes = Float64Array.from({ length: recent.length - 1 }, (_, i) => recent[i + 1]! - recent[i]!);
      let level = recent.at(-1)!;
      return continueBy(weightsOf(changes), changes, horizon).map((change) => {
        level += change;
        return level;
      });
    }),
};

/** Fits at the first moment, for all that are in the past, and once more at the last, from which the future begins. */
function forecastEach(
  pasts: readonly Past[],
  forecast: (past: Past, weightsOf: (values: Float64Array) => Float64Array) => Float64Array,
): Float64Array[] {
  let weights: Float64Array | undefined;
  return pasts.map((past, k) =>
    forecast(past, (values) => {
      if (weights === undefined || k === pasts.length - 1) weights = burg(values, highestOrder);
      return weights;
    }),
  );
}

function recentOf({ values }: Past): Float64Array {
  return values.subarray(Math.max(0, values.length - longestPast));
}

function continueBy(weights: Float64Array, values: Float64Array, horizon: number): Float64Array {
  const n = values.length;
  const continued = new Float64Array(n + horizon);
  continued.set(values);
  for (let i = n; i < continued.length; i++) {
    let sum = 0;
    for (let lag = 0; lag < weights.length; lag++) sum += weights[lag]! * continued[i - 1 - lag]!;
    continued[i] = sum;
  }
  return continued.subarray(n);
}
