import { describe, expect, test } from 'vitest';
import { activityLength, activityOf, learnActivity, wasAlwaysZero } from '../../../models/detectors/activity.ts';
import { composite } from '../../../models/detectors/composite.ts';
import { foldDetector, newState } from '../../../models/detectors/detector.ts';
import { seededRandom } from '../../../models/statistics/seeded-random.ts';
import { dayMs, minuteMs, mondayMs, toPoints } from '../synthetic.ts';

const stepMs = 5 * minuteMs;

describe('the activity of a series', () => {
  const learn = (values: readonly number[]) => {
    const state = new Float32Array(activityLength);
    for (const [i, value] of values.entries()) learnActivity(state, 0, value, i + 1, 1 / 12);
    return state;
  };

  test('is the mean of what is not 0 where most is 0', () => {
    expect(activityOf(learn([0, 0, 0, 4, 0, 0, 0, -8, 0]), 0)).toBeCloseTo(6, 5);
    expect(activityOf(learn([3, 4, 5, 0, 4]), 0)).toBe(0);
  });

  test('is not moved far by one wild value', () => {
    expect(activityOf(learn([0, 0, 0, 4, 0, 0, 4, 0, 0, 1e9]), 0)).toBeLessThan(10);
  });

  test('is unknown while all was 0', () => {
    expect(wasAlwaysZero(learn([0, 0, 0]), 0)).toBe(true);
    expect(wasAlwaysZero(learn([0, 1, 0]), 0)).toBe(false);
  });
});

describe('a gauge that is mostly 0', () => {
  /** A queue that is seldom used: one sample in a hundred is not 0, but about 50. */
  const queue = (seed: number, oneIn = 100) => {
    const random = seededRandom(seed);
    return () => (random() < 1 / oneIn ? 50 * (0.5 + random()) : 0);
  };
  const scoresOf = (value: () => number, days: number) =>
    foldDetector(composite, newState(composite), toPoints(mondayMs, stepMs, (days * dayMs) / stepMs, value)).map(
      ({ score }) => score,
    );

  test.each([20, 100, 500])('scores by the size of what it shows, not by the noise of zeros: one in %d', (oneIn) => {
    for (const seed of [1, 2, 3, 4]) expect(Math.max(...scoresOf(queue(seed, oneIn), 14))).toBeLessThan(20);
  });

  test('of which nothing else is known scores the first that comes at 4 at most, and above 1 once it is mature', () => {
    const state = newState(composite);
    foldDetector(
      composite,
      state,
      toPoints(mondayMs, stepMs, (14 * dayMs) / stepMs, () => 0),
    );
    const { score } = composite.update(state, mondayMs + 14 * dayMs, 1e6);
    expect(score).toBeGreaterThan(1);
    expect(score).toBeLessThanOrEqual(4);
  });

  test('still tells what is ten times as much as it ever showed', () => {
    const state = newState(composite);
    foldDetector(composite, state, toPoints(mondayMs, stepMs, (14 * dayMs) / stepMs, queue(5)));
    expect(composite.update(state.slice(), mondayMs + 14 * dayMs, 60).score).toBeLessThan(1);
    expect(composite.update(state.slice(), mondayMs + 14 * dayMs, 750).score).toBeGreaterThan(1);
  });
});
