import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loess } from '../../../models/decomposition/loess.ts';
import { stl } from '../../../models/decomposition/stl.ts';

test('loess keeps a straight line, also beyond its ends and between the positions that it fits', () => {
  const line = Float64Array.from({ length: 40 }, (_, i) => 3 * i - 7);
  for (const [h, value] of loess(line, 11, 3, -2, 42).entries()) expect(value).toBeCloseTo(3 * (h - 2) - 7, 9);
});

test('loess of fewer values than its window fits all of them', () => {
  const fitted = loess(Float64Array.of(1, 2, 3), 11, 1);
  for (const [i, value] of fitted.entries()) expect(value).toBeCloseTo(i + 1, 9);
});

test('takes a trend and a season apart', () => {
  const season = [3, -1, -4, 2];
  const values = Float64Array.from({ length: 80 }, (_, i) => 10 + 0.5 * i + season[i % 4]!);
  const { seasonal, trend } = stl(values, 4);
  for (let i = 0; i < values.length; i++) {
    expect(seasonal[i]).toBeCloseTo(season[i % 4]!, 6);
    expect(trend[i]).toBeCloseTo(10 + 0.5 * i, 6);
  }
});

test('gives finite parts that scale with the values', () => {
  const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(fc.array(finite, { minLength: 14, maxLength: 60 }), (numbers) => {
      const values = Float64Array.from(numbers);
      const { seasonal, trend } = stl(values, 7);
      const doubled = stl(
        values.map((value) => 2 * value),
        7,
      );
      for (let i = 0; i < values.length; i++) {
        expect(Number.isFinite(seasonal[i]! + trend[i]!)).toBe(true);
        expect(doubled.trend[i]).toBe(2 * trend[i]!);
      }
    }),
    { numRuns: 50 },
  );
});
