import { describe, expect, test } from 'vitest';
import { coverage } from '../../../models/evaluation/coverage.ts';
import { mase } from '../../../models/evaluation/mase.ts';
import { pinball } from '../../../models/evaluation/pinball.ts';
import { smape } from '../../../models/evaluation/smape.ts';

const nan = Number.NaN;

describe('smape', () => {
  test('is the mean of 200 |y - f| / (|y| + |f|), by hand: (200 * 50 / 150 + 200 * 10 / 50) / 2', () => {
    expect(smape([100, 20], [50, 30])).toBeCloseTo((200 / 3 + 40) / 2, 12);
  });

  test('counts two zeros as right and leaves missing values out', () => {
    expect(smape([0, nan, 10], [0, 5, 10])).toBe(0);
    expect(smape([nan], [1])).toBeNaN();
  });
});

describe('mase', () => {
  test('divides by the error of the seasonal naive, by hand: errors 2 and 4, history changes 2, 2, 4 over two steps', () => {
    const score = mase({ actual: [10, 10], forecast: [8, 14], history: [1, 2, 3, 4, 7], seasonLength: 2 });
    expect(score).toBeCloseTo(3 / (8 / 3), 12);
  });

  test('leaves missing values out on both sides of the fraction', () => {
    expect(mase({ actual: [5, nan], forecast: [4, 9], history: [1, nan, 3, 5], seasonLength: 1 })).toBe(0.5);
  });

  test('is NaN where the history never changes, for nothing can be measured against it', () => {
    expect(mase({ actual: [1], forecast: [2], history: [3, 3, 3], seasonLength: 1 })).toBeNaN();
  });
});

describe('pinball', () => {
  test('weighs what lies above by the level, what lies below by the rest, by hand: (0.9 * 2 + 0.1 * 2) / 2', () => {
    expect(pinball([10, 10], [8, 12], 0.9)).toBeCloseTo(1, 12);
  });

  test('is least at the quantile of the values', () => {
    const values = Array.from({ length: 101 }, (_, i) => i);
    const at = (guess: number) => pinball(values, new Array<number>(101).fill(guess), 0.8);
    expect(at(80)).toBeLessThan(at(78));
    expect(at(80)).toBeLessThan(at(82));
  });
});

describe('coverage', () => {
  test('is the share of values in the band, its edges included, missing values left out', () => {
    expect(coverage([1, 5, 9, nan], [0, 5, 0, 0], [2, 5, 8, 9])).toBeCloseTo(2 / 3, 12);
  });
});
