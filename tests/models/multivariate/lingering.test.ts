import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Lingering, linger, lingeringScore } from '../../../models/multivariate/lingering.ts';

const minuteMs = 60_000;

function scores(values: readonly number[]): number[] {
  let state: Lingering | null = null;
  return values.map((value, i) => {
    state = linger(value, i * minuteMs, state, minuteMs);
    return lingeringScore(state);
  });
}

test('one odd row fades to a third in twenty minutes, as calculated by hand', () => {
  const [first, ...rest] = scores([1, ...new Array<number>(20).fill(0)]);
  // 1 held, and its part in a mean over twenty minutes: 1 - exp(-1/20).
  expect(first).toBeCloseTo(1.04877, 5);
  expect(rest.at(-1)! / first!).toBeCloseTo(Math.exp(-1), 10);
});

test('what goes on stands above what was odd once, and what is odd now and then does not end between', () => {
  const lasting = scores(new Array<number>(60).fill(1));
  expect(lasting.at(-1)).toBeGreaterThan(1.9);
  const repeated = scores(Array.from({ length: 60 }, (_, i) => (i % 10 === 0 ? 1 : 0)));
  expect(Math.min(...repeated)).toBeGreaterThan(0.6);
});

test('fades by the time that passed, whether minutes came or not', () => {
  const start = linger(2, 0, null, minuteMs);
  const after = linger(0, 10 * minuteMs, start, minuteMs);
  expect(lingeringScore(after)).toBeCloseTo(scores([2, ...new Array<number>(10).fill(0)]).at(-1)!, 10);
});

test('is never below what the row itself says, nor above twice the most that was said', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
      const most = Math.max(...values);
      for (const [i, score] of scores(values).entries()) {
        expect(score).toBeGreaterThanOrEqual(values[i]!);
        expect(score).toBeLessThanOrEqual(2 * most * (1 + 1e-9));
      }
    }),
  );
});
