import { describe, expect, test } from 'vitest';
import type { Forecast } from '../../../models/forecasters/forecaster.ts';
import { createNlinear } from '../../../models/forecasters/nlinear.ts';
import { encodeFloats, type NlinearWeights } from '../../../models/networks/nlinear-weights.ts';
import { toSeries } from '../synthetic.ts';

/** A network by hand: context 4, horizon 2; the median repeats the first value of the context, the others lie 1 sd off. */
const byHand: NlinearWeights = {
  kind: 'nlinear',
  contextLength: 4,
  horizon: 2,
  levels: [0.25, 0.5, 0.75],
  kernel: encodeFloats(Float32Array.of(...new Array(6).fill(1), ...new Array(18).fill(0))),
  bias: encodeFloats(Float32Array.of(-1, -1, 0, 0, 1, 1)),
  trainedOn: { series: 0, windows: 0, epochs: 0, seed: 0, loss: { before: 0, after: 0 } },
};

function forecast(values: number[], horizon: number, levels: number[]): Forecast {
  const [result] = createNlinear(byHand).forecast([{ history: toSeries(values), horizon, seasonLengths: [], levels }]);
  if (!result!.ok) throw new Error('expected a forecast');
  return result!;
}

/** Mean 5, standard deviation sqrt(5) = 2.236. */
const values = [2, 4, 6, 8];

test('is the linear map of the normalised context, by hand', () => {
  const { mean, quantiles } = forecast(values, 2, [0.25, 0.75]);
  expect([...mean]).toEqual([expect.closeTo(2, 6), expect.closeTo(2, 6)]);
  expect(quantiles[0]![0]).toBeCloseTo(2 - Math.sqrt(5), 6);
  expect(quantiles[1]![1]).toBeCloseTo(2 + Math.sqrt(5), 6);
});

test('reads the last values of a longer history', () => {
  expect(forecast([999, -999, ...values], 2, [0.5])).toEqual(forecast(values, 2, [0.5]));
});

test('rolls forward on its medians beyond the trained horizon, wider by sqrt 2 in the second block', () => {
  const { mean, quantiles } = forecast(values, 4, [0.75]);
  expect(mean[2]).toBeCloseTo(6, 6);
  const spread = Math.sqrt(((6 - 4.5) ** 2 + (8 - 4.5) ** 2 + 2 * (2 - 4.5) ** 2) / 4);
  expect(quantiles[0]![2]! - mean[2]!).toBeCloseTo(spread * Math.SQRT2, 5);
});

describe('levels that were not trained', () => {
  test('are interpolated and extrapolated on the normal scale', () => {
    const { mean, quantiles } = forecast(values, 1, [0.05, 0.6, 0.95]);
    const sigma = Math.sqrt(5) / 0.6744897501960817;
    expect(quantiles[0]![0]! - mean[0]!).toBeCloseTo(-1.6448536269514722 * sigma, 5);
    expect(quantiles[1]![0]! - mean[0]!).toBeCloseTo(0.2533471031357997 * sigma, 5);
    expect(quantiles[2]![0]! - mean[0]!).toBeCloseTo(1.6448536269514722 * sigma, 5);
  });
});

test('needs three quarters of its context observed', () => {
  const nlinear = createNlinear(byHand);
  const request = (history: number[]) => ({ history: toSeries(history), horizon: 2, seasonLengths: [], levels: [0.5] });
  expect(nlinear.forecast([request([1, Number.NaN, 3, 4])])[0]!.ok).toBe(true);
  expect(nlinear.forecast([request([1, Number.NaN, Number.NaN, 4])])).toEqual([
    { ok: false, reason: 'insufficient_history', needed: 3, available: 2 },
  ]);
});

test.each([
  ['too few', encodeFloats(Float32Array.of(1, 2))],
  ['not finite', encodeFloats(new Float32Array(6).fill(Number.NaN))],
])('refuses weights that are %s', (_, bias) => {
  expect(() => createNlinear({ ...byHand, bias })).toThrow(RangeError);
});
