import { decodeFloats, type NlinearWeights } from '../networks/nlinear-weights.ts';
import { fillGaps } from '../statistics/fill-gaps.ts';
import { mean } from '../statistics/mean.ts';
import { normalQuantile } from '../statistics/normal-quantile.ts';
import { standardDeviation } from '../statistics/standard-deviation.ts';
import type { Forecaster, ForecastRequest, ForecastResult } from './forecaster.ts';

/** The least share of the context that must have been observed. */
const leastObserved = 0.75;

/**
 * The forecaster of trained NLinear weights: one linear map, shared by all series, from the last `contextLength`
 * values to the quantiles of the next `horizon` values (Zeng et al., "Are Transformers Effective for Time Series
 * Forecasting?", 2023). The last value is subtracted before and added after, and the context is divided by its
 * standard deviation, so that a forecast scales with its series.
 *
 * It is plain arithmetic on the weights: TensorFlow.js is needed to train, not to forecast. A horizon longer than the
 * trained one is rolled forward on the medians, with widths that grow by sqrt(k) in the k-th block. Levels between the
 * trained ones are interpolated on the normal scale. `mean` is the median. `seasonLengths` are not used.
 *
 * @throws RangeError when the weights do not have the shape that they claim.
 */
export function createNlinear(weights: NlinearWeights): Forecaster & { readonly id: 'nlinear' } {
  const { contextLength, horizon, levels } = weights;
  const outputs = horizon * levels.length;
  const network: Network = {
    contextLength,
    horizon,
    levels,
    kernel: decodeFloats(weights.kernel, contextLength * outputs),
    bias: decodeFloats(weights.bias, outputs),
  };
  return { id: 'nlinear', forecast: (requests) => requests.map((request) => forecastOne(network, request)) };
}

interface Network extends Pick<NlinearWeights, 'contextLength' | 'horizon' | 'levels'> {
  kernel: Float32Array;
  bias: Float32Array;
}

function forecastOne(network: Network, request: ForecastRequest): ForecastResult {
  const { contextLength } = network;
  const tail = request.history.values.slice(-contextLength);
  const needed = Math.ceil(leastObserved * contextLength);
  const available = tail.reduce((count, value) => count + (Number.isFinite(value) ? 1 : 0), 0);
  if (available < needed) return { ok: false, reason: 'insufficient_history', needed, available };

  const padded = new Float64Array(contextLength).fill(Number.NaN);
  padded.set(tail, contextLength - tail.length);
  const trained = rollForward(network, fillGaps(padded), request.horizon);
  return {
    ok: true,
    mean: quantileBetween(network.levels, trained, 0.5),
    quantiles: request.levels.map((level) => quantileBetween(network.levels, trained, level)),
  };
}

/** The quantiles at the trained levels, `[level][step]`, ordered, for as many blocks as the horizon needs. */
function rollForward(network: Network, context: Float64Array, horizon: number) {
  const quantiles = network.levels.map(() => new Float64Array(horizon));
  let window = context;
  for (let start = 0; start < horizon; start += network.horizon) {
    const block = forecastBlock(network, window);
    const median = quantileBetween(network.levels, block, 0.5);
    const widening = Math.sqrt(start / network.horizon + 1);
    const steps = Math.min(network.horizon, horizon - start);
    for (const [l, column] of block.entries()) {
      for (let h = 0; h < steps; h++) {
        quantiles[l]![start + h] = median[h]! + (column[h]! - median[h]!) * widening;
      }
    }
    window = Float64Array.of(...window, ...median).slice(-network.contextLength);
  }
  return quantiles;
}

function forecastBlock(network: Network, context: Float64Array): Float64Array[] {
  const { contextLength, horizon, levels, kernel, bias } = network;
  const last = context[contextLength - 1]!;
  const spread = standardDeviation(context);
  const quantiles = levels.map(() => new Float64Array(horizon).fill(last));
  if (spread <= Number.EPSILON * Math.abs(mean(context))) return quantiles;

  const outputs = Float64Array.from(bias);
  for (let t = 0; t < contextLength; t++) {
    const input = (context[t]! - last) / spread;
    if (input === 0) continue;
    const row = t * outputs.length;
    for (let o = 0; o < outputs.length; o++) outputs[o]! += input * kernel[row + o]!;
  }
  const step = new Float64Array(levels.length);
  for (let h = 0; h < horizon; h++) {
    for (let l = 0; l < levels.length; l++) step[l] = outputs[l * horizon + h]!;
    step.sort();
    for (let l = 0; l < levels.length; l++) quantiles[l]![h] = last + step[l]! * spread;
  }
  return quantiles;
}

/** Interpolates, or extrapolates from the outermost pair, along the normal quantiles of the levels. */
function quantileBetween(levels: readonly number[], quantiles: readonly Float64Array[], level: number): Float64Array {
  const exact = levels.indexOf(level);
  if (exact >= 0) return quantiles[exact]!.slice();
  const above = Math.min(
    Math.max(
      1,
      levels.findIndex((trained) => trained > level),
    ),
    levels.length - 1,
  );
  const upper = level > levels.at(-1)! ? levels.length - 1 : above;
  const low = quantiles[upper - 1]!;
  const high = quantiles[upper]!;
  const zLow = normalQuantile(levels[upper - 1]!);
  const share = (normalQuantile(level) - zLow) / (normalQuantile(levels[upper]!) - zLow);
  return low.map((value, h) => value + (high[h]! - value) * share);
}
