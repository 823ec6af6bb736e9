import { describe, expect, test } from 'vitest';
import {
  createHourlyProfile,
  expectAt,
  observe,
  shiftHistory,
  turnTo,
} from '../../../models/detectors/hourly-profile.ts';
import { createLevelShift, endQuarterDay, noteResidual } from '../../../models/detectors/level-shift.ts';
import { createPodium, enter, lastPlace } from '../../../models/detectors/podium.ts';
import { closeBlock, closeHour, createReach, noteDistance, reachedTwice } from '../../../models/detectors/reach.ts';
import { phraseReason } from '../../../models/detectors/reason.ts';
import { createVerdictColumns, setVerdict, verdictAt } from '../../../models/detectors/verdict-columns.ts';
import { dayMs, hourMs, minuteMs, mondayMs } from '../synthetic.ts';

/** A profile that has seen so many hours, with samples every ten minutes. */
function profileOf(hours: number, value: (timeMs: number) => number) {
  const profile = createHourlyProfile(mondayMs);
  for (let timeMs = mondayMs; timeMs < mondayMs + hours * hourMs; timeMs += 10 * minuteMs) {
    if (Math.floor(timeMs / hourMs) !== profile.hour) turnTo(profile, Math.floor(timeMs / hourMs));
    observe(profile, timeMs, value(timeMs));
  }
  turnTo(profile, Math.floor(mondayMs / hourMs) + hours);
  return profile;
}

describe('the hourly profile', () => {
  test('does not know an hour before it was seen on another day', () => {
    expect(
      expectAt(
        profileOf(23, () => 5),
        mondayMs + 23 * hourMs,
      ),
    ).toBeNull();
    expect(
      expectAt(
        profileOf(24, () => 5),
        mondayMs + 24 * hourMs,
      ),
    ).toBe(5);
  });

  test('takes the median of days, so that one odd day is not believed', () => {
    const profile = profileOf(5 * 24, (timeMs) => (timeMs < mondayMs + 4 * dayMs ? 10 : 99));
    expect(expectAt(profile, mondayMs + 5 * dayMs)).toBe(10);
  });

  test('believes what a weekday did twice', () => {
    const mondaysAreHigh = (timeMs: number) => ((timeMs - mondayMs) % (7 * dayMs) < dayMs ? 30 : 10);
    const atNoonAfter = (days: number) =>
      expectAt(profileOf(days * 24 + 12, mondaysAreHigh), mondayMs + days * dayMs + 12 * hourMs);
    expect(atNoonAfter(7)).toBe(10);
    expect(atNoonAfter(14)).toBe(30);
    expect(atNoonAfter(15)).toBe(10);
  });

  test('draws a line between the middles of the hours', () => {
    const profile = profileOf(48, (timeMs) => Math.floor((timeMs % dayMs) / hourMs));
    const middle = mondayMs + 48 * hourMs + 25 * minuteMs;
    expect(expectAt(profile, middle)!).toBeCloseTo(0, 0);
    expect(expectAt(profile, middle + 30 * minuteMs)!).toBeCloseTo(0.5, 1);
  });

  test('forgets what lies in a gap of the ring and keeps what is younger than two weeks', () => {
    const profile = profileOf(24, () => 5);
    const known = () => profile.hours.filter((value) => value !== null).length;
    observe(profile, mondayMs + dayMs, 5);
    turnTo(profile, profile.hour + 13 * 24);
    expect(known()).toBe(25);
    observe(profile, mondayMs + 14 * dayMs, 5);
    turnTo(profile, profile.hour + 400);
    expect(known()).toBe(0);
  });

  test('moves what is older than a day with a shift of the level', () => {
    const profile = profileOf(72, (timeMs) => (timeMs < mondayMs + 2 * dayMs ? 10 : 15));
    shiftHistory(profile, 5);
    expect(expectAt(profile, mondayMs + 3 * dayMs)).toBe(15);
    expect(profile.hours.filter((value) => value === 15)).toHaveLength(72);
  });
});

describe('a podium', () => {
  test('holds in its last place what was reached as often as it has places', () => {
    const podium = createPodium(2);
    enter(podium, 1000, 1);
    expect(lastPlace(podium)).toBe(0);
    enter(podium, 7, 1);
    expect(podium).toEqual([1000, 7]);
  });

  test('fades', () => {
    const podium = [8, 4];
    enter(podium, 0, 0.5);
    expect(podium).toEqual([4, 2]);
  });
});

describe('the reach of a series', () => {
  test('counts an incident across two quarter-days once', () => {
    const reach = createReach();
    noteDistance(reach, 50, true);
    closeBlock(reach);
    noteDistance(reach, 60, true);
    closeBlock(reach);
    closeBlock(reach);
    expect(reachedTwice(reach, 0)).toBe(0);
    noteDistance(reach, 40, true);
    closeBlock(reach);
    closeBlock(reach);
    expect(reachedTwice(reach, 0)).toBeCloseTo(40, 0);
  });

  test('of an hour of the day holds for that hour only', () => {
    const reach = createReach();
    for (let day = 0; day < 2; day++) {
      noteDistance(reach, 30, false);
      closeHour(reach, 2);
    }
    expect(reachedTwice(reach, 2)).toBeCloseTo(30, -1);
    expect(reachedTwice(reach, 3)).toBe(0);
  });
});

describe('a level shift', () => {
  const runBlocks = (sides: readonly number[]) => {
    const shift = createLevelShift();
    return sides.map((side) => {
      for (let i = 0; i < 10; i++) noteResidual(shift, 20 * side, side);
      return endQuarterDay(shift).accepted;
    });
  };

  test('is accepted after four quarter-days on the same side, by the mean residual', () => {
    expect(runBlocks([0, 1, 1, 1, 1, 0])).toEqual([0, 0, 0, 0, 20, 0]);
    expect(runBlocks([-1, -1, -1, -1])).toEqual([0, 0, 0, -20]);
  });

  test('starts again after a quiet quarter-day or a change of side', () => {
    expect(runBlocks([1, 1, 1, 0, 1, 1, 1])).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(runBlocks([1, 1, -1, -1, -1, -1])).toEqual([0, 0, 0, 0, 0, -20]);
  });
});

test.each([
  [320, 100, 14, '3.2 times above what 14:00 shows'],
  [150, 100, 4, '50 % above what 04:00 shows'],
  [36, 100, 14, '64 % below what 14:00 shows'],
  [12.5, 0, null, '12.5 above what the last hours show'],
  [-5, 10, 0, '15 below what 00:00 shows'],
])('%d where %d was expected is told as a phrase', (value, expected, hour, phrase) => {
  expect(phraseReason(value, expected, hour)).toBe(phrase);
});

test('columns give back the verdicts that were put in', () => {
  const verdict = { score: 2, expected: 1, lower: 0, upper: 3, maturity: 0.5, reason: 'high' };
  const quiet = { ...verdict, score: 0.1, reason: '' };
  const columns = createVerdictColumns(2);
  setVerdict(columns, 0, verdict);
  setVerdict(columns, 1, quiet);
  expect([verdictAt(columns, 0), verdictAt(columns, 1)]).toEqual([verdict, quiet]);
  expect(columns.reasons.size).toBe(1);
});
