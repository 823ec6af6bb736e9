import fc from 'fast-check';
import { medianAbsoluteDeviation, median as referenceMedian } from 'simple-statistics';
import { describe, expect, test } from 'vitest';
import { fillGaps } from '../../../models/statistics/fill-gaps.ts';
import { finiteValues } from '../../../models/statistics/finite-values.ts';
import { mad, madToSigma } from '../../../models/statistics/mad.ts';
import { mean } from '../../../models/statistics/mean.ts';
import { meanOfAll } from '../../../models/statistics/mean-of-all.ts';
import { median } from '../../../models/statistics/median.ts';
import { normalQuantile } from '../../../models/statistics/normal-quantile.ts';
import { quantile } from '../../../models/statistics/quantile.ts';
import { seededRandom } from '../../../models/statistics/seeded-random.ts';
import { standardDeviation } from '../../../models/statistics/standard-deviation.ts';

const numbers = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 60 });
const close = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

describe('median and mad', () => {
  test('agree with simple-statistics on any finite numbers', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        return close(median(values), referenceMedian(values)) && close(mad(values), medianAbsoluteDeviation(values));
      }),
    );
  });

  test('leave missing values out', () => {
    expect(median([5, 1, Number.NaN, 3])).toBe(3);
    expect(mad([1, 1, 2, Number.NaN, 2, 4, 6, 9])).toBe(1);
  });

  test('are not moved by one wild value of seven', () => {
    expect(median([1, 2, 3, 4, 5, 6, 1e300])).toBe(4);
    expect(mad([1, 2, 3, 4, 5, 6, 1e300])).toBe(2);
  });

  test('the constant that turns mad into sigma is one over the normal quantile of 3/4', () => {
    expect(madToSigma).toBeCloseTo(1 / normalQuantile(0.75), 14);
  });
});

describe('quantile', () => {
  test('is type 7: Python 3.11 statistics.quantiles(..., method="inclusive")', () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    const levels = [0.1, 0.25, 0.5, 0.9];
    expect(levels.map((level) => quantile(values, level))).toEqual([1, 1.75, 3.5, expect.closeTo(6.9, 12)]);
  });

  test('lies between the smallest and the largest value, and rises with the level', () => {
    const level = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(numbers, level, level, (values, one, other) => {
        const low = quantile(values, Math.min(one, other));
        const high = quantile(values, Math.max(one, other));
        return Math.min(...values) <= low && low <= high + 1e-6 && high <= Math.max(...values) + 1e-6;
      }),
    );
  });

  test('is NaN when nothing is observed', () => {
    expect(quantile([Number.NaN], 0.5)).toBeNaN();
  });
});

describe('mean and standard deviation', () => {
  test('are those of the finite values, divided by n', () => {
    expect(mean([1, 2, Number.NaN, 6])).toBe(3);
    expect(standardDeviation([2, 4, 4, 4, Number.NaN, 5, 5, 7, 9])).toBe(2);
  });

  test('are NaN when nothing is observed', () => {
    expect(mean([])).toBeNaN();
    expect(standardDeviation([Number.NaN])).toBeNaN();
  });
});

describe('normalQuantile', () => {
  test.each([
    [0.5, 0],
    [0.75, 0.6744897501960817],
    [0.975, 1.959963984540054],
    [0.001, -3.090232306167813],
    [1e-10, -6.361340902404056],
  ])('of %d is %d, as statistics.NormalDist().inv_cdf of Python 3.11 says', (level, expected) => {
    expect(normalQuantile(level)).toBeCloseTo(expected, 13);
  });

  test('is symmetric around one half', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.5, noNaN: true }), (level) => {
        return Math.abs(normalQuantile(level) + normalQuantile(1 - level)) < 1e-9;
      }),
    );
  });
});

describe('gaps', () => {
  test('are filled by straight lines inside and by the nearest value at the ends', () => {
    const nan = Number.NaN;
    expect([...fillGaps(Float64Array.of(nan, 1, nan, nan, 4, nan))]).toEqual([1, 1, 2, 3, 4, 4]);
  });

  test('stay when nothing is observed', () => {
    expect([...fillGaps(Float64Array.of(Number.NaN, Number.NaN))]).toEqual([Number.NaN, Number.NaN]);
  });

  test('are left out by finiteValues, as are infinities', () => {
    expect([...finiteValues([1, Number.NaN, Number.POSITIVE_INFINITY, 2])]).toEqual([1, 2]);
  });
});

test('seededRandom repeats itself, stays in [0, 1) and has the mean of a uniform draw', () => {
  const draw = (seed: number) => Array.from({ length: 10_000 }, seededRandom(seed));
  const numbers = draw(7);
  expect(draw(7)).toEqual(numbers);
  expect(draw(8)).not.toEqual(numbers);
  expect(numbers.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(mean(numbers)).toBeCloseTo(0.5, 1);
});

test('a missing value is left out of the mean, but shows in the mean of all', () => {
  expect(mean([1, 2, Number.NaN, 6])).toBe(3);
  expect(meanOfAll([1, 2, 6])).toBe(3);
  expect(meanOfAll([1, 2, Number.NaN, 6])).toBeNaN();
  expect(meanOfAll([])).toBeNaN();
});
