import fc from 'fast-check';
import { expect, test } from 'vitest';
import { burg } from '../../../models/statistics/burg.ts';
import { mean } from '../../../models/statistics/mean.ts';
import { createRobustRegression } from '../../../models/statistics/robust-regression.ts';
import { solveSymmetric } from '../../../models/statistics/solve-symmetric.ts';
import { gaussian } from '../synthetic.ts';

test('burg says what R says: ar.burg(x - mean(x), aic = FALSE, order.max = 3, demean = FALSE) of R 4.2', () => {
  const values = Float64Array.from(
    { length: 72 },
    (_, t) => 60 + 0.3 * t + 15 * Math.sin((2 * Math.PI * t) / 12) + ((t * 7) % 5),
  );
  const centre = mean(values);
  const weights = burg(
    values.map((value) => value - centre),
    3,
  );
  for (const [lag, expected] of [1.1282143192, 0.0338570749, -0.4990806932].entries())
    expect(weights[lag]).toBeCloseTo(expected, 9);
});

test('burg of a series that says nothing has no weights', () => {
  expect(burg(new Float64Array(50), 5)).toHaveLength(0);
});

test('solves a symmetric system, and gives no weight to a direction without information', () => {
  const solution = solveSymmetric(Float64Array.of(4, 0, 2, 3), Float64Array.of(8, 7));
  expect(solution[0]).toBeCloseTo(1.25, 12);
  expect(solution[1]).toBeCloseTo(1.5, 12);
  expect(solveSymmetric(Float64Array.of(1, 0, 1, 1), Float64Array.of(2, 2)).every(Number.isFinite)).toBe(true);
});

test('what is solved, multiplied out again, is the right side', () => {
  const number = fc.double({ min: -10, max: 10, noNaN: true });
  fc.assert(
    fc.property(fc.array(number, { minLength: 9, maxLength: 9 }), fc.tuple(number, number, number), (cells, right) => {
      // B B' + I is symmetric and positive definite.
      const matrix = new Float64Array(9);
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++)
          for (let k = 0; k < 3; k++)
            matrix[3 * i + j]! += cells[3 * i + k]! * cells[3 * j + k]! + (i === j ? 1 / 3 : 0);
      const x = solveSymmetric(matrix, Float64Array.from(right));
      for (let i = 0; i < 3; i++) {
        const row = x.reduce((sum, value, j) => sum + matrix[3 * i + j]! * value, 0);
        expect(row).toBeCloseTo(right[i]!, 5);
      }
    }),
  );
});

test('robust regression finds the line beside outliers, and goes on from where it was when rows are added', () => {
  const noise = gaussian(3);
  const regression = createRobustRegression(2, 0.001);
  const add = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const x = (i % 50) / 10;
      const outlier = i % 11 === 0 ? 20 : 0;
      regression.add((row) => row.set([x, 1]), 2 * x + 5 + 0.1 * noise() + outlier);
    }
  };
  add(0, 300);
  const first = regression.solve();
  add(300, 600);
  for (const [slope, constant] of [first, regression.solve()]) {
    expect(slope).toBeCloseTo(2, 0);
    expect(constant).toBeCloseTo(5, 0);
  }
});
