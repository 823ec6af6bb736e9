import { describe, expect, test } from 'vitest';
import { composite } from '../../../models/detectors/composite.ts';
import { newState } from '../../../models/detectors/detector.ts';
import { learnOffset, minuteProfileLength, offsetAt } from '../../../models/detectors/minute-profile.ts';
import { dayMs, gaussian, hourMs, minuteMs, mondayMs } from '../synthetic.ts';

const height = 50;

interface Season {
  stepMs: number;
  days: number;
  isPeak: (timeMs: number) => boolean;
}

const every =
  (periodMs: number, lengthMs: number, fromMs = 0) =>
  (timeMs: number) => {
    const phase = (timeMs - mondayMs) % periodMs;
    return phase >= fromMs && phase < fromMs + lengthMs;
  };
const daily = every(dayMs, 2 * hourMs, 9 * hourMs);

/** Lives through the season, and then through one peak that does not come; tells the alarms of the last days and of it. */
function live({ stepMs, days, isPeak }: Season) {
  const noise = gaussian(5);
  const state = newState(composite);
  const base = () => 20 + noise();
  const endMs = mondayMs + days * dayMs;
  const alarms: number[] = [];
  let timeMs = mondayMs;
  for (; timeMs < endMs || !isPeak(timeMs); timeMs += stepMs) {
    const { score } = composite.update(state, timeMs, base() + (isPeak(timeMs) ? height : 0));
    if (score > 1 && timeMs >= endMs - 2 * dayMs) alarms.push(timeMs);
  }
  let missing = { score: 0, reason: '' };
  for (; isPeak(timeMs); timeMs += stepMs) {
    const verdict = composite.update(state, timeMs, base());
    if (verdict.score > missing.score) missing = verdict;
  }
  return { alarms, missing };
}

describe('a season is found by itself: its peaks are no alarms, and a peak that is missing is one', () => {
  test.each<[string, Season]>([
    ['every 15 minutes', { stepMs: minuteMs, days: 5, isPeak: every(15 * minuteMs, minuteMs) }],
    ['every 30 minutes', { stepMs: minuteMs, days: 5, isPeak: every(30 * minuteMs, 2 * minuteMs) }],
    ['every 30 minutes, by 5 minutes', { stepMs: 5 * minuteMs, days: 7, isPeak: every(30 * minuteMs, 5 * minuteMs) }],
    ['every hour', { stepMs: 5 * minuteMs, days: 7, isPeak: every(hourMs, 5 * minuteMs) }],
    ['every 6 hours', { stepMs: 5 * minuteMs, days: 21, isPeak: every(6 * hourMs, hourMs) }],
    ['every day', { stepMs: 5 * minuteMs, days: 10, isPeak: daily }],
    ['every week', { stepMs: 5 * minuteMs, days: 28, isPeak: every(7 * dayMs, 3 * hourMs, 9 * hourMs) }],
  ])('%s', (_name, season) => {
    const { alarms, missing } = live(season);
    expect(alarms).toEqual([]);
    expect(missing.score).toBeGreaterThan(1);
    expect(missing.reason).toMatch(/ below what .*\d\d:00 UTC show/);
  });

  test('every day and every hour at once', () => {
    const noise = gaussian(6);
    const hourly = every(hourMs, 5 * minuteMs);
    const state = newState(composite);
    const value = (timeMs: number) => 20 + noise() + (daily(timeMs) ? 50 : 0) + (hourly(timeMs) ? 50 : 0);
    const endMs = mondayMs + 14 * dayMs;
    for (let timeMs = mondayMs; timeMs < endMs; timeMs += 5 * minuteMs) {
      const { score } = composite.update(state, timeMs, value(timeMs));
      if (timeMs >= endMs - 2 * dayMs) expect(score).toBeLessThanOrEqual(1);
    }
    expect(composite.update(state.slice(), endMs, 70).score).toBeLessThan(1);
    expect(composite.update(state.slice(), endMs, 20).score).toBeGreaterThan(1);
  });
});

test('noise, and one wild value, make no season of the minutes', () => {
  const state = new Float32Array(minuteProfileLength);
  const noise = gaussian(7);
  for (let i = 0; i < 5 * 1440; i++) {
    learnOffset(state, 0, i % 60, i === 3 * 1440 ? 1e9 : noise(), 1 / 60);
    expect(offsetAt(state, 0, i % 60)).toBe(0);
  }
});
