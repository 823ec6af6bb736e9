import { describe, expect, test } from 'vitest';
import { composite } from '../../../models/detectors/composite.ts';
import { foldDetector, newState } from '../../../models/detectors/detector.ts';
import { dayMs, gaussian, hourMs, minuteMs, mondayMs, noisyDay, toPoints } from '../synthetic.ts';

const stepMs = 5 * minuteMs;
const beginMs = mondayMs + 15 * dayMs + 14 * hourMs;

interface Fault {
  /** The value at a time after the begin, of what would have been there. */
  change: (healthy: number, hours: number) => number;
  withinHours: number;
  reason: RegExp;
}

/** Two weeks and a day of a noisy day, and then the fault, which begins on a Tuesday at 14:00. */
function firstAlarm({ change, withinHours }: Fault) {
  const healthy = noisyDay(3);
  const state = newState(composite);
  const before = toPoints(mondayMs, stepMs, (beginMs - mondayMs) / stepMs, healthy);
  foldDetector(composite, state, before);
  const during = toPoints(beginMs, stepMs, (withinHours * hourMs) / stepMs + 1, (timeMs) =>
    change(healthy(timeMs), (timeMs - beginMs) / hourMs),
  );
  const verdicts = foldDetector(composite, state, during);
  return verdicts.find(({ score }) => score > 1);
}

describe('what goes wrong is told in time and in words', () => {
  const noise = gaussian(9);
  test.each<[string, Fault]>([
    [
      'a spike',
      { change: (v) => 4 * v, withinHours: 0, reason: /^[34](\.\d)? times above what Tuesdays 14:00 UTC show$/ },
    ],
    ['a dip', { change: (v) => v / 4, withinHours: 0, reason: /^7\d(\.\d)? % below what Tuesdays 14:00 UTC show$/ }],
    [
      'a flat line',
      { change: () => 80, withinHours: 12, reason: /^(for an hour )?[\d.]+ % (above|below) what .* shows?$/ },
    ],
    ['noise that becomes five times as wide', { change: (v) => v + 25 * noise(), withinHours: 3, reason: / shows?$/ }],
    ['a growth of 2 % an hour', { change: (v, h) => v * (1 + 0.02 * h), withinHours: 12, reason: / above what / }],
    ['a fall of 2 % an hour', { change: (v, h) => v * (1 - 0.02 * h), withinHours: 16, reason: / below what / }],
    [
      'a level that moves by 20 %',
      { change: (v) => 1.2 * v, withinHours: 24, reason: /^(for an hour )?\d\d(\.\d)? % above what / },
    ],
    [
      'values that are missing as zeros',
      { change: () => 0, withinHours: 0, reason: /^100 % below what Tuesdays 14:00 UTC show$/ },
    ],
  ])('%s', (_name, fault) => {
    expect(firstAlarm(fault)?.reason).toMatch(fault.reason);
  });

  test('and what is as it should be is not told', () => {
    expect(firstAlarm({ change: (v) => v, withinHours: 48, reason: /$/ })).toBeUndefined();
  });
});
