import { decodeFloats, type NlinearWeights } from '../networks/nlinear-weights.ts';
import { mean } from '../statistics/mean.ts';
import { standardDeviation } from '../statistics/standard-deviation.ts';
import { createPointForecaster, type PointForecaster } from './point-forecaster.ts';

/**
 * The forecaster of trained NLinear weights: one linear map, shared by all series, from the last `contextLength`
 * values to the median of the next `horizon` values (Zeng et al., "Are Transformers Effective for Time Series
 * Forecasting?", 2023). The last value is subtracted before and added after, and the context is divided by its
 * standard deviation, so that a forecast scales with its series.
 *
 * It is plain arithmetic on the weights: TensorFlow.js is needed to train, not to forecast. A horizon longer than the
 * trained one is rolled forward. Undefined while the past is shorter than the context.
 *
 * @throws RangeError when the weights do not have the shape that they claim.
 */
export function createNlinear(weights: NlinearWeights): PointForecaster {
  const { contextLength, horizon: block, levels } = weights;
  const outputs = block * levels.length;
  const kernel = decodeFloats(weights.kernel, contextLength * outputs);
  const bias = decodeFloats(weights.bias, outputs);
  const median = levels.indexOf(0.5) * block;

  function forecastBlock(context: Float64Array): Float64Array {
    const last = context[contextLength - 1]!;
    const spread = standardDeviation(context);
    const forecast = new Float64Array(block).fill(last);
    if (spread <= Number.EPSILON * Math.abs(mean(context))) return forecast;
    for (let h = 0; h < block; h++) {
      let output = bias[median + h]!;
      for (let t = 0; t < contextLength; t++) {
        output += ((context[t]! - last) / spread) * kernel[t * outputs + median + h]!;
      }
      forecast[h] = last + spread * output;
    }
    return forecast;
  }

  return createPointForecaster('nlinear', ({ values }, horizon) => {
    if (values.length < contextLength) return undefined;
    const forecast = new Float64Array(horizon);
    let context = values.slice(-contextLength);
    for (let start = 0; start < horizon; start += block) {
      const next = forecastBlock(context);
      forecast.set(next.subarray(0, horizon - start), start);
      context = Float64Array.of(...context, ...next).slice(-contextLength);
    }
    return forecast;
  });
}
