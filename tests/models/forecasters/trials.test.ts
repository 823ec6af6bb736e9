import fc from 'fast-check';
import { expect, test } from 'vitest';
import { naive } from '../../../models/forecasters/naive.ts';
import { runTrials, testedSteps } from '../../../models/forecasters/trials.ts';

test('no test begins earlier than is said of them, and on a long history the first begins right there', () => {
  const history = fc.integer({ min: 10, max: 1500 });
  const horizon = fc.integer({ min: 1, max: 100 });
  fc.assert(
    fc.property(history, horizon, fc.constantFrom([], [24], [24, 168]), (cells, steps, seasonLengths) => {
      const values = Float64Array.from({ length: cells }, (_, i) => i % 24);
      const { origins } = runTrials([naive], values, seasonLengths, steps, false);
      const earliest = cells - testedSteps(steps);
      expect(Math.min(...origins)).toBeGreaterThanOrEqual(earliest);
      if (cells >= 6 * testedSteps(steps)) expect(origins[0]).toBe(earliest);
    }),
  );
});
