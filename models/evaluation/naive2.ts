import { mean } from '../statistics/mean.ts';

/**
 * Naive2, the reference of the M4 competition: the last value, seasonally adjusted where the series is seasonal
 * (Makridakis et al., 2020). A series is seasonal when it holds three seasons and its autocorrelation at the season
 * passes a 90 % test; its indices are those of a classical multiplicative decomposition.
 *
 * @param history finite values, of which a seasonal one is positive
 * @returns one value a step
 */
export function naive2(history: ArrayLike<number>, seasonLength: number, horizon: number): Float64Array {
  const values = Float64Array.from(history);
  const indices = isSeasonal(values, seasonLength) ? seasonalIndices(values, seasonLength) : Float64Array.of(1);
  const phase = (i: number) => indices[i % indices.length]!;
  const last = values.length - 1;
  return Float64Array.from({ length: horizon }, (_, h) => (values[last]! / phase(last)) * phase(last + 1 + h));
}

/** Whether `|acf_m|` is above `1.645 / sqrt(n) * sqrt(1 + 2 * sum of acf_k^2 for k < m)`. */
export function isSeasonal(values: Float64Array, seasonLength: number): boolean {
  const n = values.length;
  if (seasonLength < 2 || n < 3 * seasonLength) return false;
  const centre = mean(values);
  const deviations = values.map((value) => value - centre);
  const covariance = (lag: number) => {
    let sum = 0;
    for (let i = lag; i < n; i++) sum += deviations[i]! * deviations[i - lag]!;
    return sum;
  };
  const variance = covariance(0);
  if (variance === 0) return false;
  let squares = 0;
  for (let lag = 1; lag < seasonLength; lag++) squares += (covariance(lag) / variance) ** 2;
  const limit = (1.645 / Math.sqrt(n)) * Math.sqrt(1 + 2 * squares);
  return Math.abs(covariance(seasonLength) / variance) > limit;
}

/** Indices by phase, of mean 1: the mean ratio of a value to the centred moving average over one season. */
function seasonalIndices(values: Float64Array, seasonLength: number): Float64Array {
  const m = seasonLength;
  const half = Math.floor(m / 2);
  const sums = new Float64Array(m);
  const counts = new Uint32Array(m);
  for (let i = half; i < values.length - half; i++) {
    let average = 0;
    for (let j = i - half; j <= i + half; j++) {
      const isEdge = m % 2 === 0 && (j === i - half || j === i + half);
      average += (isEdge ? 0.5 : 1) * values[j]!;
    }
    sums[i % m]! += (values[i]! * m) / average;
    counts[i % m]!++;
  }
  const figure = sums.map((sum, phase) => sum / counts[phase]!);
  const level = mean(figure);
  return figure.map((index) => index / level);
}
