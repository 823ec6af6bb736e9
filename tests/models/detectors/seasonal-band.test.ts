import { describe, expect, test } from 'vitest';
import { foldDetector } from '../../../models/detectors/detector.ts';
import { type SeasonalBandState, seasonalBand } from '../../../models/detectors/seasonal-band.ts';
import { dayMs, gaussian, hourMs, minuteMs, mondayMs, noisyDay, toPoints } from '../synthetic.ts';

const stepMs = 5 * minuteMs;
const perDay = dayMs / stepMs;
const threeWeeks = mondayMs + 21 * dayMs;

/** A state that has seen so many days of `value`, from a Monday on. */
function grown(days: number, value: (timeMs: number) => number, step = stepMs): SeasonalBandState {
  const state = seasonalBand.init();
  foldDetector(seasonalBand, state, toPoints(mondayMs, step, (days * dayMs) / step, value));
  return state;
}

/** Scores samples against copies of the state, each as if it were the next. */
function scoreAt(state: SeasonalBandState, timeMs: number, value: number) {
  return seasonalBand.update(structuredClone(state), timeMs, value);
}

describe('in a mature noisy seasonal series', () => {
  test.each([10_000, minuteMs, 15 * minuteMs, hourMs])('a drop to 40 %% scores above 1 at a step of %d ms', (step) => {
    const days = step === 10_000 ? 8 : 21;
    const state = grown(days, noisyDay(1), step);
    const timeMs = mondayMs + days * dayMs;
    expect(scoreAt(state, timeMs, 40).score).toBeGreaterThan(1);
    expect(scoreAt(state, timeMs, 100).score).toBeLessThan(0.5);
  });

  test('less than one alarm in four weeks', () => {
    const state = grown(14, noisyDay(2));
    const verdicts = foldDetector(
      seasonalBand,
      state,
      toPoints(mondayMs + 14 * dayMs, stepMs, 28 * perDay, noisyDay(3)),
    );
    expect(verdicts.filter(({ score }) => score > 1)).toEqual([]);
  });

  test('the reason says how far and of which hour', () => {
    const state = grown(21, noisyDay(1));
    const noon = threeWeeks + 12 * hourMs;
    foldDetector(seasonalBand, state, toPoints(threeWeeks, stepMs, perDay / 2, noisyDay(4)));
    expect(scoreAt(state, noon, 320).reason).toMatch(/^3\.\d times above what 12:00 shows$/);
    expect(scoreAt(state, noon, 20).reason).toMatch(/^\d\d(\.\d)? % below what 12:00 shows$/);
  });

  test('one outlier, however wild, moves no edge of the band of the next day by a tenth of its width', () => {
    const clean = grown(21, noisyDay(1));
    const poisoned = structuredClone(clean);
    const noise = noisyDay(5);
    const dayAfter = toPoints(threeWeeks + stepMs, stepMs, perDay, noise);
    seasonalBand.update(clean, threeWeeks, 100);
    seasonalBand.update(poisoned, threeWeeks, 1e9);
    const [expected, actual] = [clean, poisoned].map((state) => foldDetector(seasonalBand, state, dayAfter));
    for (const [i, verdict] of actual!.entries()) {
      const width = expected![i]!.upper - expected![i]!.lower;
      expect(Math.abs(verdict.upper - expected![i]!.upper)).toBeLessThan(0.1 * width);
      expect(Math.abs(verdict.lower - expected![i]!.lower)).toBeLessThan(0.1 * width);
    }
  });
});

describe('habits', () => {
  test('a weekly peak that has been seen for three weeks does not score above 1, and did in the first', () => {
    const noise = gaussian(6);
    const peak = (timeMs: number) => {
      const isPeak = (timeMs - mondayMs) % (7 * dayMs) < 11 * hourMs && (timeMs - mondayMs) % (7 * dayMs) >= 9 * hourMs;
      return 50 + noise() + (isPeak ? 80 : 0);
    };
    const verdicts = foldDetector(seasonalBand, seasonalBand.init(), toPoints(mondayMs, stepMs, 29 * perDay, peak));
    const inPeak = (week: number) => {
      const from = (week * 7 * dayMs + 9 * hourMs) / stepMs;
      return verdicts.slice(from, from + (2 * hourMs) / stepMs).map(({ score }) => score);
    };
    expect(Math.max(...inPeak(1))).toBeGreaterThan(1);
    expect(Math.max(...inPeak(3))).toBeLessThan(1);
    expect(Math.max(...inPeak(4))).toBeLessThan(1);
  });

  test('a nightly job of five minutes is ordinary from the fourth night on, at its hour only', () => {
    const noise = gaussian(7);
    const job = (timeMs: number) => 20 + noise() + (timeMs % dayMs === 2 * hourMs ? 100 : 0);
    const state = grown(4, job);
    const verdicts = foldDetector(seasonalBand, state, toPoints(mondayMs + 4 * dayMs, stepMs, 10 * perDay, job));
    expect(verdicts.filter(({ score }) => score > 1)).toEqual([]);
  });
});

test('a level that holds is accepted within 30 hours, and the old level is then out of place', () => {
  const noise = gaussian(8);
  const state = grown(14, () => 100 + noise());
  const shifted = toPoints(mondayMs + 14 * dayMs, stepMs, (30 * hourMs) / stepMs, () => 200 + noise());
  const verdicts = foldDetector(seasonalBand, state, shifted);
  expect(verdicts[0]!.score).toBeGreaterThan(1);
  expect(verdicts[(23 * hourMs) / stepMs]!.score).toBeGreaterThan(1);
  expect(verdicts.at(-1)!.score).toBeLessThan(1);
  expect(verdicts.at(-1)!.expected).toBeCloseTo(200, -1);
  expect(scoreAt(state, shifted.times.at(-1)! + stepMs, 100).score).toBeGreaterThan(1);
});

test('a constant series lets 1 % pass and nothing beyond', () => {
  const state = grown(14, () => 500);
  expect(scoreAt(state, mondayMs + 14 * dayMs, 500).score).toBe(0);
  expect(scoreAt(state, mondayMs + 14 * dayMs, 504).score).toBeLessThan(1);
  expect(scoreAt(state, mondayMs + 14 * dayMs, 506).score).toBeGreaterThan(1);
});

test('a series that is 1 while all is well scores its first 0, and one that has always switched does not', () => {
  expect(
    scoreAt(
      grown(14, () => 1),
      mondayMs + 14 * dayMs,
      0,
    ).score,
  ).toBeGreaterThan(1);
  let on = 0;
  const switching = grown(14, () => (on = 1 - on));
  expect(scoreAt(switching, mondayMs + 14 * dayMs, 0).score).toBeLessThan(1);
  expect(scoreAt(switching, mondayMs + 14 * dayMs, 1).score).toBeLessThan(1);
});

test('it keeps its knowledge over a gap of two days', () => {
  const state = grown(21, noisyDay(1));
  const later = threeWeeks + 2 * dayMs;
  expect(scoreAt(state, later, 100).score).toBeLessThan(1);
  expect(scoreAt(state, later, 300).score).toBeGreaterThan(1);
});

test('the band of a series that was never negative does not reach below 0, and that of another does', () => {
  const noise = gaussian(11);
  const values = Array.from({ length: 2000 }, () => Math.abs(noise()));
  const lowest = (series: readonly number[]) => {
    const state = seasonalBand.init();
    return Math.min(...series.map((value, i) => seasonalBand.update(state, i * 300_000, value).lower));
  };
  expect(lowest(values)).toBe(0);
  expect(lowest([-1, ...values])).toBeLessThan(0);
});

test('rare events of which there is now and then one more or one less are no anomaly as counts', () => {
  const random = gaussian(12);
  const values = Array.from({ length: 24 * 21 }, () => Number(random() > 1.5));
  values.push(2, 3, 0, 1, 12);
  const scores = (isCount: boolean) => {
    const state = seasonalBand.init({ isCount });
    return values.map((value, i) => seasonalBand.update(state, i * hourMs, value).score);
  };
  expect(Math.max(...scores(true).slice(0, -1))).toBeLessThan(1);
  expect(scores(true).at(-1)).toBeGreaterThan(1);
  expect(Math.max(...scores(false).slice(0, -1))).toBeGreaterThan(1);
});
