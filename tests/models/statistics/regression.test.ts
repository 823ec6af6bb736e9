import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { burg } from '../../../models/statistics/burg.ts';
import { mean } from '../../../models/statistics/mean.ts';
import { createRobustRegression, type RobustRegression } from '../../../models/statistics/robust-regression.ts';
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

describe('robust regression', () => {
  const noise = gaussian(3);
  const add = (regression: RobustRegression, from: number, to: number, outlierSize: number) => {
    for (let i = from; i < to; i++) {
      const x = (i % 50) / 10;
      regression.add((row) => row.set([x, 1]), 2 * x + 5 + 0.1 * noise() + (i % 11 === 0 ? outlierSize : 0));
    }
  };

  test('finds the line beside outliers', () => {
    const regression = createRobustRegression(2, 0.001);
    add(regression, 0, 300, 20);
    const [slope, constant] = regression.solve();
    expect(slope).toBeCloseTo(2, 0);
    expect(constant).toBeCloseTo(5, 0);
  });

  test('goes on with more rows as if it had begun with them', () => {
    const [parts, whole] = [createRobustRegression(2, 0.001), createRobustRegression(2, 0.001)];
    add(parts, 0, 300, 0);
    parts.solve();
    add(parts, 300, 600, 0);
    add(whole, 0, 600, 0);
    for (const [i, weight] of parts.solve().entries()) expect(weight).toBeCloseTo(whole.solve()[i]!, 1);
  });

  test('shrinks what the penalty is put on, and not the constant', () => {
    const regression = createRobustRegression(2, 1e9);
    add(regression, 0, 300, 0);
    const [slope, constant] = regression.solve();
    expect(slope).toBeCloseTo(0, 3);
    expect(constant).toBeCloseTo(5 + 2 * 2.45, 0);
  });
});
