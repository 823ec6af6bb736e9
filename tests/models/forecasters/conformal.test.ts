import fc from 'fast-check';
import { expect, test } from 'vitest';
import { conformalQuantiles } from '../../../models/forecasters/conformal.ts';

/** Without the zero that is negative. */
const number = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value + 0);
const column = fc.array(number, { minLength: 4, maxLength: 4 });

test('quantiles ascend with the level and are finite, whatever the errors were', () => {
  fc.assert(
    fc.property(column, fc.array(fc.tuple(column, column), { maxLength: 4 }), (forecast, tests) => {
      const tested = tests.map(([said, actual]) => ({
        forecast: Float64Array.from(said),
        actual: Float64Array.from(actual),
      }));
      const quantiles = conformalQuantiles(Float64Array.from(forecast), tested, [0.05, 0.5, 0.95]);
      expect([...quantiles[1]!]).toEqual(forecast);
      for (let h = 0; h < 4; h++) {
        expect(quantiles[0]![h]).toBeLessThanOrEqual(forecast[h]!);
        expect(quantiles[2]![h]).toBeGreaterThanOrEqual(forecast[h]!);
        expect(Number.isFinite(quantiles[2]![h])).toBe(true);
      }
    }),
  );
});

test('errors of positive series are ratios: the interval is as wide above by factor as below', () => {
  const tested = [{ forecast: Float64Array.of(10, 10), actual: Float64Array.of(12, 9) }];
  const [low, high] = conformalQuantiles(Float64Array.of(100, 200), tested, [0.1, 0.9]);
  expect(high![0]! / 100).toBeCloseTo(100 / low![0]!, 9);
  expect(high![1]! / high![0]!).toBeGreaterThan(1);
});

test('beyond the steps that were tested the interval grows with the root of the step', () => {
  const tested = [{ forecast: Float64Array.of(-1, -1), actual: Float64Array.of(0, 0) }];
  const [high] = conformalQuantiles(new Float64Array(8).fill(-5), tested, [0.9]);
  const width = (h: number) => high![h]! + 5;
  expect(width(7) / width(1)).toBeCloseTo(2, 9);
});

test('without an error to go by the interval has no width', () => {
  const [low, high] = conformalQuantiles(Float64Array.of(-5, 3), [], [0.1, 0.9]);
  expect([...low!, ...high!]).toEqual([-5, 3, -5, 3]);
});

test('stays finite where errors are ratios of the smallest numbers there are', () => {
  const tested = [{ forecast: Float64Array.of(5e-324, 1), actual: Float64Array.of(1, 5e-324) }];
  for (const column of conformalQuantiles(Float64Array.of(1, 1), tested, [0.001, 0.999]))
    expect(column.every(Number.isFinite)).toBe(true);
});
