import { describe, expect, test } from 'vitest';
import { alarmBudgetLength, enterSample, payBudget } from '../../../models/detectors/alarm-budget.ts';
import { edgeLength, edgeOf, endEdgeQuarterDay, learnEdge } from '../../../models/detectors/edge.ts';
import { decodeState, encodeState, layOut } from '../../../models/detectors/flat-state.ts';
import {
  expectAt,
  initProfile,
  isOfWeekday,
  observe,
  profileLength,
  shiftHistory,
  steepestStep,
  turnTo,
  watchedHour,
} from '../../../models/detectors/hourly-profile.ts';
import { closeHour, hourlyReachLength, noteInHour, reachedTwiceAt } from '../../../models/detectors/hourly-reach.ts';
import { endQuarterDay, levelShiftLength, noteResidual } from '../../../models/detectors/level-shift.ts';
import { isNew } from '../../../models/detectors/novelty.ts';
import { enterPodium, podiumLength, secondOfPodium } from '../../../models/detectors/podium.ts';
import {
  closeNewcomersHour,
  closeQuarterDay,
  noteDistance,
  reachedTwice,
  reachLength,
} from '../../../models/detectors/reach.ts';
import { phraseReason } from '../../../models/detectors/reason.ts';
import { createVerdictColumns, setVerdict, verdictAt } from '../../../models/detectors/verdict-columns.ts';
import { dayMs, hourMs, minuteMs, mondayMs } from '../synthetic.ts';

/** A profile that has seen so many hours, with samples every ten minutes; it stands behind a number of another part. */
function profileOf(hours: number, value: (timeMs: number) => number) {
  const state = new Float32Array(1 + profileLength);
  initProfile(state, 1, mondayMs);
  for (let timeMs = mondayMs; timeMs < mondayMs + hours * hourMs; timeMs += 10 * minuteMs) {
    if (Math.floor(timeMs / hourMs) !== watchedHour(state, 1)) turnTo(state, 1, Math.floor(timeMs / hourMs));
    observe(state, 1, timeMs, value(timeMs));
  }
  turnTo(state, 1, Math.floor(mondayMs / hourMs) + hours);
  expect(state[0]).toBe(0);
  return state;
}

describe('a flat state', () => {
  test('gives each part a place of its own', () => {
    expect(layOut({ level: 1, ring: 24, scale: 1 })).toEqual({ at: { level: 0, ring: 1, scale: 25 }, length: 26 });
  });

  test('comes back from a store as it was, what is not a number too; one of another length does not', () => {
    const state = Float32Array.of(0, -1.5, Number.NaN, 3e38, 1e-40);
    expect(decodeState(encodeState(state), 5)).toEqual(state);
    expect(decodeState(encodeState(state), 6)).toBeNull();
    expect(decodeState('not base64', 5)).toBeNull();
  });
});

describe('the hourly profile', () => {
  test('does not know an hour before it was seen on another day', () => {
    const five = () => 5;
    expect(expectAt(profileOf(23, five), 1, mondayMs + 23 * hourMs)).toBeNaN();
    expect(expectAt(profileOf(24, five), 1, mondayMs + 24 * hourMs)).toBe(5);
  });

  test('takes the median of days, so that one odd day is not believed', () => {
    const profile = profileOf(5 * 24, (timeMs) => (timeMs < mondayMs + 4 * dayMs ? 10 : 99));
    expect(expectAt(profile, 1, mondayMs + 5 * dayMs)).toBe(10);
  });

  test('believes what a weekday did twice, and says that it does', () => {
    const mondaysAreHigh = (timeMs: number) => ((timeMs - mondayMs) % (7 * dayMs) < dayMs ? 30 : 10);
    const atNoonAfter = (days: number) => {
      const profile = profileOf(days * 24 + 12, mondaysAreHigh);
      return [expectAt(profile, 1, mondayMs + days * dayMs + 12 * hourMs), isOfWeekday(profile, 1)];
    };
    expect(atNoonAfter(7)).toEqual([10, false]);
    expect(atNoonAfter(14)).toEqual([30, true]);
    expect(atNoonAfter(15)).toEqual([10, false]);
  });

  test('draws a line between the middles of the hours', () => {
    const profile = profileOf(48, (timeMs) => Math.floor((timeMs % dayMs) / hourMs));
    const middle = mondayMs + 48 * hourMs + 25 * minuteMs;
    expect(expectAt(profile, 1, middle)).toBeCloseTo(0, 0);
    expect(expectAt(profile, 1, middle + 30 * minuteMs)).toBeCloseTo(0.5, 1);
  });

  test('says how steep it is, and that it is flat where no neighbour is known', () => {
    const steps = (timeMs: number) => (timeMs % dayMs < 12 * hourMs ? 10 : 50);
    expect(steepestStep(profileOf(48 + 11, steps), 1)).toBe(40);
    expect(steepestStep(profileOf(48 + 5, steps), 1)).toBe(0);
    expect(steepestStep(profileOf(20, steps), 1)).toBe(0);
  });

  test('forgets what lies in a gap of the ring and keeps what is younger than two weeks', () => {
    const profile = profileOf(24, () => 5);
    const knownHours = () => {
      const hour = watchedHour(profile, 1);
      return Array.from({ length: 24 }, (_, i) => i).filter((i) => {
        const copy = profile.slice();
        observe(copy, 1, hour * hourMs, 5);
        turnTo(copy, 1, hour + 1 + i);
        return !Number.isNaN(expectAt(copy, 1, (hour + 1 + i) * hourMs));
      }).length;
    };
    expect(knownHours()).toBe(24);
    observe(profile, 1, mondayMs + dayMs, 5);
    turnTo(profile, 1, watchedHour(profile, 1) + 400);
    expect(knownHours()).toBe(1);
  });

  test('moves what is older than a day with a shift of the level', () => {
    const profile = profileOf(72, (timeMs) => (timeMs < mondayMs + 2 * dayMs ? 10 : 15));
    shiftHistory(profile, 1, 5);
    expect(expectAt(profile, 1, mondayMs + 3 * dayMs)).toBe(15);
  });
});

test('a podium holds in its second place what was reached twice, and fades', () => {
  const state = new Float32Array(podiumLength);
  enterPodium(state, 0, 1000, 1);
  expect(secondOfPodium(state, 0)).toBe(0);
  enterPodium(state, 0, 7, 1);
  expect([...state]).toEqual([1000, 7]);
  enterPodium(state, 0, 0, 0.5);
  expect([...state]).toEqual([500, 3.5]);
});

describe('the reach', () => {
  test('counts an incident once, though it fills two quarter-days, and two incidents twice', () => {
    const state = new Float32Array(reachLength);
    const live = (distance: number) => {
      noteDistance(state, 0, distance, distance > 10);
      closeQuarterDay(state, 0);
    };
    for (const distance of [50, 60, 1, 1]) live(distance);
    expect(reachedTwice(state, 0)).toBeLessThan(2);
    for (const distance of [40, 1, 1]) live(distance);
    expect(reachedTwice(state, 0)).toBeCloseTo(40, -1);
  });

  test('of a newcomer counts every hour', () => {
    const state = new Float32Array(reachLength);
    for (const distance of [50, 1, 40]) {
      noteDistance(state, 0, distance, distance > 10);
      closeNewcomersHour(state, 0);
    }
    expect(reachedTwice(state, 0)).toBe(40);
  });

  test('of an hour of the day holds for that hour only', () => {
    const state = new Float32Array(hourlyReachLength);
    for (let day = 0; day < 2; day++) {
      noteInHour(state, 0, 30);
      closeHour(state, 0, 2);
    }
    expect(reachedTwiceAt(state, 0, 2)).toBeCloseTo(30, -1);
    expect(reachedTwiceAt(state, 0, 3)).toBe(0);
  });
});

test('an edge lies some mean distances away, or beyond what was reached twice, and never at nothing', () => {
  const state = new Float32Array(edgeLength);
  const options = { distances: 8, beyondReach: 1.25 };
  expect(edgeOf(state, 0, options, 0.5)).toBe(0.5);
  for (let samples = 1; samples <= 500; samples++) learnEdge(state, 0, 2, samples, 0.1, false);
  expect(edgeOf(state, 0, options, 0.5)).toBeCloseTo(16, 3);
  for (let day = 0; day < 3; day++) {
    learnEdge(state, 0, 100, 501, 0, false);
    endEdgeQuarterDay(state, 0);
  }
  expect(edgeOf(state, 0, options, 0.5)).toBeCloseTo(125, -1);
});

describe('novelty', () => {
  const tell = (scores: readonly number[], hours: number) => {
    const state = new Float32Array(1);
    return scores.map((score) => isNew(state, 0, score, 1, hours, 1));
  };

  test('what goes on is not new, whether it wavers or doubles; three times as bad is', () => {
    expect(tell([0.5, 2, 2, 4, 2, 2], 0.1)).toEqual([false, true, false, false, false, false]);
    expect(tell([2, 6.5, 6.5], 0.1)).toEqual([true, true, false]);
  });

  test('what comes back after hours of quiet is new', () => {
    expect(tell([2, 0, 0, 2], 1)).toEqual([true, false, false, true]);
    expect(tell([2, 2, 2, 2], 1)).toEqual([true, false, false, false]);
  });
});

describe('the budget of alarms', () => {
  const spend = (alarms: number, lasts: boolean) => {
    const state = new Float32Array(alarmBudgetLength);
    for (let alarm = 0; alarm < alarms; alarm++) enterSample(state, 0, true, lasts);
    return state;
  };

  test('gives two alarms of what lasts, widens by each more, and by time no longer', () => {
    expect(payBudget(spend(2, true), 0, 1, 0)).toEqual({ lastingWider: 1, blipWider: 1, blipHabit: 0 });
    const state = spend(3, true);
    expect(payBudget(state, 0, 1, 0).lastingWider).toBeCloseTo(Math.E, 6);
    expect(payBudget(state, 0, 1, 168).lastingWider).toBeCloseTo(Math.exp(0.6), 5);
    expect(payBudget(state, 0, 1, 168).lastingWider).toBeCloseTo(Math.exp(0.2), 5);
    expect(payBudget(state, 0, 1, 168).lastingWider).toBe(1);
  });

  test('widens for blips from the first on, and not for what lasts', () => {
    const state = spend(1, false);
    expect(payBudget(state, 0, 1, 0)).toMatchObject({ lastingWider: 1, blipHabit: 1 });
    expect(payBudget(state, 0, 1, 0).blipWider).toBeCloseTo(Math.exp(0.2), 5);
    expect(payBudget(state, 0, 1, 2 * 168)).toEqual({ lastingWider: 1, blipWider: 1, blipHabit: 0 });
  });

  test('takes an alarm for one of what lasts as soon as the next sample shows it', () => {
    const state = spend(1, false);
    enterSample(state, 0, false, true);
    enterSample(state, 0, false, true);
    expect(payBudget(state, 0, 1, 0)).toEqual({ lastingWider: 1, blipWider: 1, blipHabit: 0 });
    enterSample(state, 0, true, true);
    enterSample(state, 0, true, true);
    expect(payBudget(state, 0, 1, 0).lastingWider).toBeCloseTo(Math.E, 6);
  });

  test('widens at most tenfold', () => {
    expect(payBudget(spend(1000, true), 0, 1, 0).lastingWider).toBeCloseTo(10, 4);
    expect(payBudget(spend(1000, false), 0, 1, 0).blipWider).toBeCloseTo(10, 4);
  });
});

describe('a level shift', () => {
  const none = (blocks: number) => new Array(blocks).fill(null);
  const runBlocks = (sides: readonly number[]) => {
    const state = new Float32Array(levelShiftLength);
    return sides.map((side) => {
      for (let i = 0; i < 10; i++) noteResidual(state, 0, 70 + 20 * side, 20 * side, side);
      return endQuarterDay(state, 0).accepted;
    });
  };

  test('is accepted after four quarter-days on the same side, with what was expected and what came', () => {
    expect(runBlocks([0, 1, 1, 1, 1, 0])).toEqual([...none(4), { fromLevel: 70, toLevel: 90 }, null]);
    expect(runBlocks([-1, -1, -1, -1])).toEqual([...none(3), { fromLevel: 70, toLevel: 50 }]);
  });

  test('that has ended, accepted or not, says how far away it lay', () => {
    const state = new Float32Array(levelShiftLength);
    const ends = [0, 1, 1, 0, -1, 1, 1, 1, 1, 0].map((side) => {
      for (let i = 0; i < 10; i++) noteResidual(state, 0, 70 + 20 * side, 20 * side, side);
      return endQuarterDay(state, 0).ended;
    });
    expect(ends).toEqual([0, 0, 0, 20, 0, -20, 0, 0, 20, 0]);
  });

  test('starts again after a quiet quarter-day or a change of side', () => {
    expect(runBlocks([1, 1, 1, 0, 1, 1, 1])).toEqual(none(7));
    expect(runBlocks([1, 1, -1, -1, -1, -1])).toEqual([...none(5), { fromLevel: 70, toLevel: 50 }]);
  });
});

test.each([
  [320, 100, { hourOfDay: 14 }, '3.2 times above what 14:00 UTC shows'],
  [150, 100, { hourOfDay: 4 }, '50 % above what 04:00 UTC shows'],
  [36, 100, { hourOfDay: 14, weekday: 1 }, '64 % below what Tuesdays 14:00 UTC show'],
  [12.5, 0, {}, '12.5 above what the last hours show'],
  [-5, 10, { hourOfDay: 0 }, '15 below what 00:00 UTC shows'],
])('%d where %d was expected is told as a phrase', (value, expected, basis, phrase) => {
  expect(phraseReason(value, expected, basis)).toBe(phrase);
});

test('columns give back the verdicts that were put in', () => {
  const verdict = { score: 2, expected: 1, lower: 0, upper: 3, maturity: 0.5, reason: 'high', acceptedShift: null };
  const quiet = { ...verdict, score: 0.1, reason: '', acceptedShift: { fromLevel: 9, toLevel: 2 } };
  const columns = createVerdictColumns(2);
  setVerdict(columns, 0, verdict);
  setVerdict(columns, 1, quiet);
  expect([verdictAt(columns, 0), verdictAt(columns, 1)]).toEqual([verdict, quiet]);
  expect([columns.reasons.size, columns.acceptedShifts.size]).toEqual([1, 1]);
});
