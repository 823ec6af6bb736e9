import fc from 'fast-check';
import { expect, test } from 'vitest';
import { symmetricEigen } from '../../../models/statistics/symmetric-eigen.ts';

test('the eigenvalues of a matrix by hand, in descending order', () => {
  const { values, vectors } = symmetricEigen([2, 1, 1, 2], 2);
  expect(values[0]).toBeCloseTo(3);
  expect(values[1]).toBeCloseTo(1);
  expect(Math.abs(vectors[0]![0]!)).toBeCloseTo(Math.SQRT1_2);
});

test('the vectors are orthonormal and give the matrix back', () => {
  const matrix = fc.integer({ min: 1, max: 7 }).chain((n) =>
    fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: n * n, maxLength: n * n }).map((cells) => ({
      n,
      a: cells.map((_, at) => cells[at]! + cells[(at % n) * n + Math.floor(at / n)]!),
    })),
  );
  fc.assert(
    fc.property(matrix, ({ n, a }) => {
      const { values, vectors } = symmetricEigen(a, n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          const dot = vectors[i]!.reduce((sum, x, k) => sum + x * vectors[j]![k]!, 0);
          expect(dot).toBeCloseTo(i === j ? 1 : 0, 8);
          const back = vectors.reduce((sum, vector, k) => sum + values[k]! * vector[i]! * vector[j]!, 0);
          expect(back).toBeCloseTo(a[i * n + j]!, 7);
        }
      }
    }),
    { numRuns: 50 },
  );
});
