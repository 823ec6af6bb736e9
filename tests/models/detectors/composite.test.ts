import { describe, expect, test } from 'vitest';
import { composite } from '../../../models/detectors/composite.ts';
import { foldDetector, newState } from '../../../models/detectors/detector.ts';
import type { FlatState } from '../../../models/detectors/flat-state.ts';
import { seededRandom } from '../../../models/statistics/seeded-random.ts';
import { dayMs, gaussian, hourMs, minuteMs, mondayMs, noisyDay, toPoints } from '../synthetic.ts';

const stepMs = 5 * minuteMs;
const perDay = dayMs / stepMs;
const threeWeeks = mondayMs + 21 * dayMs;

/** A state that has seen so many days of `value`, from a Monday on. */
function grown(days: number, value: (timeMs: number) => number, step = stepMs): FlatState {
  const state = newState(composite);
  foldDetector(composite, state, toPoints(mondayMs, step, (days * dayMs) / step, value));
  return state;
}

/** Scores samples against copies of the state, each as if it were the next. */
function scoreAt(state: FlatState, timeMs: number, value: number) {
  return composite.update(state.slice(), timeMs, value);
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
    const verdicts = foldDetector(composite, state, toPoints(mondayMs + 14 * dayMs, stepMs, 28 * perDay, noisyDay(3)));
    expect(verdicts.filter(({ score }) => score > 1)).toEqual([]);
  });

  test('the reason says how far, and of which hour of which weekday', () => {
    const state = grown(21, noisyDay(1));
    const noon = threeWeeks + 12 * hourMs;
    foldDetector(composite, state, toPoints(threeWeeks, stepMs, perDay / 2, noisyDay(4)));
    expect(scoreAt(state, noon, 320).reason).toMatch(/^3\.\d times above what Mondays 12:00 UTC show$/);
    expect(scoreAt(state, noon, 20).reason).toMatch(/^\d\d(\.\d)? % below what Mondays 12:00 UTC show$/);
  });

  test('one outlier, however wild, moves no edge of the band of the next day by a tenth of its width', () => {
    const clean = grown(21, noisyDay(1));
    const poisoned = clean.slice();
    const noise = noisyDay(5);
    const dayAfter = toPoints(threeWeeks + stepMs, stepMs, perDay, noise);
    composite.update(clean, threeWeeks, 100);
    composite.update(poisoned, threeWeeks, 1e9);
    const [expected, actual] = [clean, poisoned].map((state) => foldDetector(composite, state, dayAfter));
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
    const verdicts = foldDetector(composite, newState(composite), toPoints(mondayMs, stepMs, 29 * perDay, peak));
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
    const verdicts = foldDetector(composite, state, toPoints(mondayMs + 4 * dayMs, stepMs, 10 * perDay, job));
    expect(verdicts.filter(({ score }) => score > 1)).toEqual([]);
  });
});

test('a level that holds goes on until it is accepted within 30 hours, which is told; the old level is then out of place', () => {
  const noise = gaussian(8);
  const state = grown(14, () => 100 + noise());
  const shifted = toPoints(mondayMs + 14 * dayMs, stepMs, (30 * hourMs) / stepMs, () => 200 + noise());
  const verdicts = foldDetector(composite, state, shifted);
  expect(verdicts[0]!.score).toBeGreaterThan(1);
  expect(verdicts[(23 * hourMs) / stepMs]).toMatchObject({ score: 0.7 });
  const shifts = verdicts.map(({ acceptedShift }) => acceptedShift).filter((shift) => shift !== null);
  expect(shifts).toHaveLength(1);
  expect(shifts[0]!.fromLevel).toBeCloseTo(100, -1);
  expect(shifts[0]!.toLevel).toBeCloseTo(200, -1);
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
  const random = seededRandom(9);
  const switching = grown(14, () => Number(random() < 0.5));
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
    const state = newState(composite);
    return Math.min(...series.map((value, i) => composite.update(state, i * 300_000, value).lower));
  };
  expect(lowest(values)).toBe(0);
  expect(lowest([-1, ...values])).toBeLessThan(0);
});

test('rare events of which there is now and then one more or one less are no anomaly as counts', () => {
  const random = gaussian(12);
  const values = Array.from({ length: 24 * 21 }, () => Number(random() > 1.5));
  values.push(2, 3, 0, 1, 12);
  const scores = (isCount: boolean) => {
    const state = newState(composite, { isCount });
    return values.map((value, i) => composite.update(state, i * hourMs, value).score);
  };
  expect(Math.max(...scores(true).slice(0, -1))).toBeLessThan(1);
  expect(scores(true).at(-1)).toBeGreaterThan(1);
  expect(Math.max(...scores(false).slice(0, -1))).toBeGreaterThan(1);
});

describe('an alarm', () => {
  const alarmsOf = (values: (timeMs: number) => number, days: number) => {
    const state = newState(composite);
    const points = toPoints(mondayMs, stepMs, days * perDay, values);
    const verdicts = foldDetector(composite, state, points);
    return verdicts.flatMap(({ score }, i) => (score > 1 ? [{ timeMs: points.times[i]!, score }] : []));
  };

  test('is given once for what goes on, and again when it becomes three times as bad', () => {
    const noise = gaussian(21);
    const begin = mondayMs + 14 * dayMs;
    const alarms = alarmsOf((timeMs) => {
      const hours = (timeMs - begin) / hourMs;
      return 100 + noise() + (hours < 0 ? 0 : hours < 2 ? 20 : 200);
    }, 14.5);
    expect(alarms.map(({ timeMs }) => (timeMs - begin) / hourMs)).toEqual([0, 2]);
    expect(alarms[1]!.score).toBeGreaterThan(3 * alarms[0]!.score);
  });

  test('ends with what it is about: a value that is back scores as if nothing had been', () => {
    const incident = { from: mondayMs + 14 * dayMs, to: mondayMs + 14 * dayMs + hourMs };
    const swing = noisyDay(24);
    const state = grown(14, swing);
    const points = toPoints(
      incident.from,
      stepMs,
      (2 * hourMs) / stepMs,
      (timeMs) => swing(timeMs) * (timeMs < incident.to ? 5 : 1),
    );
    const scores = foldDetector(composite, state, points).map(({ score }) => score);
    expect(Math.min(...scores.slice(0, hourMs / stepMs))).toBeGreaterThan(0.6);
    expect(Math.max(...scores.slice(hourMs / stepMs))).toBeLessThan(0.6);
  });

  test('is given for a small shift that no single sample shows, within hours', () => {
    const noise = gaussian(22);
    const begin = mondayMs + 14 * dayMs;
    const alarms = alarmsOf((timeMs) => 100 + noise() + (timeMs < begin ? 0 : 4), 15);
    expect(alarms).toHaveLength(1);
    expect(alarms[0]!.timeMs - begin).toBeLessThan(4 * hourMs);
  });

  test('is given for a series that stops to vary where it always varied by day', () => {
    const begin = mondayMs + 14 * dayMs;
    const swing = noisyDay(23);
    const alarms = alarmsOf((timeMs) => (timeMs < begin ? swing(timeMs) : 100), 15);
    expect(alarms.length).toBeGreaterThanOrEqual(1);
    expect(alarms.length).toBeLessThanOrEqual(3);
    expect(alarms[0]!.timeMs - begin).toBeLessThan(12 * hourMs);
  });
});

describe('a series that would flood', () => {
  /** Alarms a week in the last twenty of thirty weeks: a few are free to begin with. */
  const rateOf = (value: (i: number) => number, alarmsPerSeriesPerWeek = 0.5) => {
    const weeks = 30;
    const counted = 20;
    const state = newState(composite);
    const points = toPoints(mondayMs, 15 * minuteMs, weeks * 7 * 96, (timeMs) => value((timeMs - mondayMs) / 900_000));
    const verdicts = foldDetector(composite, state, points, { alarmsPerSeriesPerWeek });
    return verdicts.slice(-counted * 7 * 96).filter(({ score }) => score > 1).length / counted;
  };
  const random = seededRandom(31);
  const normal = gaussian(32);
  let level = 0;
  let walk = 1000;

  test.each<[string, (i: number) => number]>([
    ['normal noise', () => 10 + normal()],
    ['noise with heavy tails (Student, 3 degrees)', () => normal() / Math.hypot(normal(), normal(), normal())],
    ['lognormal noise', () => Math.exp(normal())],
    ['noise that follows itself (autoregressive)', () => (level = 0.95 * level + normal())],
    ['a random walk', () => (walk += normal())],
    ['rare spikes of any height', () => (random() < 0.01 ? 100 * random() : 1 + 0.01 * normal())],
    ['a constant', () => 42],
    ['a coin', () => Number(random() < 0.5)],
    ['an hourly counter that is reset', (i) => (i * 37) % 1000],
    ['a counter that is reset now and then', (i) => (i * 13) % 9973],
    ['rare events', () => Number(random() < 0.01)],
  ])('alarms in the long run no more often than its budget allows: %s', (_name, value) => {
    expect(rateOf(value, 0.5)).toBeLessThanOrEqual(0.75);
  });

  test('gets the fewer alarms the smaller the budget is', () => {
    const spikes = (seed: number) => {
      const draw = seededRandom(seed);
      return () => (draw() < 0.003 ? draw() ** -2 : 1 + draw());
    };
    const rates = [0.1, 0.5, 2].map((budget) => rateOf(spikes(5), budget));
    expect(rates[0]!).toBeLessThanOrEqual(0.2);
    expect(rates[1]!).toBeLessThanOrEqual(0.75);
    expect(rates).toEqual(rates.toSorted((a, b) => a - b));
    expect(rates[2]!).toBeGreaterThan(rates[0]!);
  });
});

test('a clock that jumps ahead and a series that comes back after weeks do not alarm', () => {
  const state = grown(14, noisyDay(41));
  for (const gap of [dayMs, 40 * dayMs, 400 * dayMs]) {
    const timeMs = mondayMs + 14 * dayMs + gap;
    expect(scoreAt(state, timeMs, noisyDay(42)(timeMs)).score).toBeLessThan(1);
  }
});

test('a value of any size is judged, and the state stays made of numbers', () => {
  const state = grown(8, noisyDay(43));
  for (const [i, value] of [1e300, -1e300, Number.MAX_VALUE, 100, 100].entries()) {
    const verdict = composite.update(state, mondayMs + 8 * dayMs + i * stepMs, value);
    expect([verdict.score, verdict.expected, verdict.lower, verdict.upper].every(Number.isFinite)).toBe(true);
  }
});
