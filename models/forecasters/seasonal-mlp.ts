import { multiply, rectify } from '../networks/dense.ts';
import { decodeParameters, type SeasonalMlpWeights } from '../networks/seasonal-mlp-weights.ts';
import { inputLength, lastSeason, windowLength, writeInput } from '../networks/seasonal-windows.ts';
import { createPointForecaster, type PointForecaster } from './point-forecaster.ts';

/**
 * The forecaster of trained weights (`networks/seasonal-mlp.ts`): seasonal naive, corrected by what the network makes
 * of the last two weeks. Of its quantiles it says the median.
 *
 * It is plain arithmetic on the weights: TensorFlow.js is needed to train, not to forecast. A horizon longer than the
 * trained one is rolled forward. Undefined while the past is shorter than its window, or when its seasons are others.
 *
 * @throws RangeError when the weights do not have the shape that they claim.
 */
export function createSeasonalMlp(weights: SeasonalMlpWeights): PointForecaster {
  const { seasonLength, horizon: block, hiddenUnits, levels } = weights;
  const [kernel1, bias1, kernel2, bias2, kernel3, bias3, around] = decodeParameters(weights);
  const outputs = block * levels.length;
  const median = levels.indexOf(0.5) * block;
  const input = new Float32Array(inputLength(weights));

  function forecastBlock(values: Float64Array): Float64Array {
    const end = values.length;
    const forecast = Float64Array.from({ length: block }, (_, h) => lastSeason(values, end, h, seasonLength));
    const scale = writeInput(values, end, weights, input);
    if (scale === 0) return forecast;
    const hidden1 = rectify(multiply(input, kernel1!, bias1!, hiddenUnits));
    const hidden2 = rectify(multiply(hidden1, kernel2!, bias2!, hiddenUnits));
    const bent = multiply(hidden2, kernel3!, bias3!, outputs, median, block);
    const straight = multiply(input, around!, undefined, outputs, median, block);
    return forecast.map((value, h) => value + scale * (bent[h]! + straight[h]!));
  }

  return createPointForecaster('seasonal-mlp', ({ values, seasonLengths }, horizon) => {
    const needed = windowLength(weights);
    if (values.length < needed || (seasonLengths[0] ?? 1) !== seasonLength) return undefined;
    const forecast = new Float64Array(horizon);
    let window = values.slice(-needed);
    for (let start = 0; start < horizon; start += block) {
      const next = forecastBlock(window);
      forecast.set(next.subarray(0, horizon - start), start);
      window = Float64Array.of(...window, ...next).slice(-needed);
    }
    return forecast;
  });
}
