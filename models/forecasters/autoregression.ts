import { burg } from '../statistics/burg.ts';
import { mean } from '../statistics/mean.ts';
import { createPointForecaster } from './point-forecaster.ts';

const highestOrder = 30;
/** A model of the far past tells little of the next days. */
const longestPast = 4000;

/**
 * Autoregression: the next value is the mean plus a weighted sum of how far the last `p` values were from it. The
 * weights come from Burg's recursion, the order from AICc, up to 30.
 */
export const autoregression = createPointForecaster('ar', ({ values }, horizon) => {
  const recent = values.subarray(Math.max(0, values.length - longestPast));
  const centre = mean(recent);
  return continueByBurg(
    recent.map((value) => value - centre),
    horizon,
  ).map((value) => value + centre);
});

/** Autoregression of the changes from step to step: for a series that wanders and has no mean to return to. */
export const differencedAutoregression = createPointForecaster('ar-differenced', ({ values }, horizon) => {
  const recent = values.subarray(Math.max(0, values.length - longestPast));
  const changes = Float64Array.from({ length: recent.length - 1 }, (_, i) => recent[i + 1]! - recent[i]!);
  let level = recent.at(-1)!;
  return continueByBurg(changes, horizon).map((change) => (level += change));
});

function continueByBurg(values: Float64Array, horizon: number): Float64Array {
  const weights = burg(values, highestOrder);
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
