import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { msis } from '../../../models/evaluation/msis.ts';
import { isSeasonal, naive2 } from '../../../models/evaluation/naive2.ts';
import { owa } from '../../../models/evaluation/owa.ts';
import { scaledQuantileLoss, weightedQuantileLoss } from '../../../models/evaluation/quantile-loss.ts';

const nan = Number.NaN;

describe('MSIS', () => {
  const interval = { lower: [4, 4], upper: [6, 6], history: [1, 2, 3, 4], seasonLength: 1, alpha: 0.05 };

  test('is the width, and 40 times the distance outside, over the scale of MASE, by hand', () => {
    expect(msis({ ...interval, actual: [5, 9] })).toBe(62);
    expect(msis({ ...interval, actual: [3, 5] })).toBe(22);
    expect(msis({ ...interval, actual: [5, 9], history: [1, 3, 5, 7] })).toBe(31);
  });

  test('leaves out missing values, and says NaN of a history that never changes', () => {
    expect(msis({ ...interval, actual: [5, nan] })).toBe(2);
    expect(msis({ ...interval, actual: [5, 5], history: [1, 1] })).toBeNaN();
  });
});

describe('quantile losses', () => {
  test('the scaled one is MASE for the level 0.5, by hand', () => {
    const given = { actual: [5, 6], history: [1, 2, 3, 4], seasonLength: 1 };
    expect(scaledQuantileLoss({ ...given, quantiles: [[5, 5]], levels: [0.5] })).toBe(0.5);
    // Level 0.9 at 7: losses 0.2 and 0.1, mean 0.15; level 0.5: mean 0.25. Twice the mean of both is 0.4.
    const both = [
      [5, 5],
      [7, 7],
    ];
    expect(scaledQuantileLoss({ ...given, quantiles: both, levels: [0.5, 0.9] })).toBeCloseTo(0.4, 12);
  });

  test('the weighted one sums over series before it divides, and is WAPE for the level 0.5, by hand', () => {
    const small = { actual: [1, 1], quantiles: [[2, 2]] };
    const large = { actual: [100, nan], quantiles: [[90, 0]] };
    expect(weightedQuantileLoss([small, large], [0.5])).toBeCloseTo(12 / 102, 12);
    expect(weightedQuantileLoss([{ actual: [0], quantiles: [[1]] }], [0.5])).toBeNaN();
  });
});

describe('Naive2', () => {
  test('repeats the last value where there is no season', () => {
    expect([...naive2([3, 1, 2], 1, 2)]).toEqual([2, 2]);
    expect([...naive2([3, 1, 2, 5], 4, 2)], 'three seasons are needed').toEqual([5, 5]);
  });

  test('continues a multiplicative season from the last value, by hand: indices 0.5 and 1.5 around a level of 10', () => {
    const values = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 5 : 15));
    const forecast = naive2(values, 2, 3);
    for (const [h, expected] of [5, 15, 5].entries()) expect(forecast[h]).toBeCloseTo(expected, 9);
  });

  test('says what R says: decompose(type = "multiplicative") and naive() of forecast 8.20, on a made series', () => {
    const values = Array.from(
      { length: 72 },
      (_, t) => 60 + 0.3 * t + 15 * Math.sin((2 * Math.PI * t) / 12) + ((t * 7) % 5),
    );
    const expected = [
      84.7677069477, 93.3247054268, 99.7208736328, 101.9673615417, 99.5357400109, 93.3483330735, 84.5989041544,
      75.8225765144, 69.1558971165, 66.9130954059, 69.343633982, 75.8,
    ];
    for (const [h, value] of naive2(values, 12, 12).entries()) expect(value).toBeCloseTo(expected[h]!, 8);
  });

  test('finds a season by the autocorrelation at it, and none in a line or in noise', () => {
    const wave = Float64Array.from({ length: 96 }, (_, i) => 10 + Math.sin((2 * Math.PI * i) / 24));
    expect(isSeasonal(wave, 24)).toBe(true);
    expect(isSeasonal(new Float64Array(96).fill(4), 24)).toBe(false);
    expect(
      isSeasonal(
        Float64Array.from({ length: 96 }, (_, i) => (i * i * 7919) % 101),
        24,
      ),
    ).toBe(false);
  });

  test('scales with the unit', () => {
    const positive = fc.array(fc.double({ min: 1, max: 1000, noNaN: true }), { minLength: 12, maxLength: 40 });
    fc.assert(
      fc.property(positive, (values) => {
        const doubled = naive2(
          values.map((value) => 2 * value),
          4,
          5,
        );
        for (const [h, value] of naive2(values, 4, 5).entries()) expect(doubled[h]).toBeCloseTo(2 * value, 6);
      }),
    );
  });
});

test('OWA is half the sum of both errors over those of Naive2', () => {
  expect(owa({ smape: 9, mase: 1.2 }, { smape: 18, mase: 2.4 })).toBe(0.5);
});
