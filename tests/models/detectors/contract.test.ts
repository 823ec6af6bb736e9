import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldDetector, newState, type Verdict } from '../../../models/detectors/detector.ts';
import { decodeState, encodeState } from '../../../models/detectors/flat-state.ts';
import { detectorIds, getDetector } from '../../../models/detectors/registry.ts';
import type { Points } from '../../../models/series.ts';
import { dayMs, hourMs, minuteMs, mondayMs, noisyDay, toPoints } from '../synthetic.ts';

/** Any series: irregular steps, gaps of days, values of any size, constants and jumps. */
const anyPoints: fc.Arbitrary<Points> = fc
  .array(
    fc.record({
      stepMs: fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(10_000, minuteMs, 5 * minuteMs, hourMs) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 * dayMs }) },
      ),
      value: fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 0, max: 3 }) },
        { weight: 2, arbitrary: fc.double({ min: -1e12, max: 1e12, noNaN: true }) },
      ),
    }),
    { maxLength: 300 },
  )
  .map((samples) => {
    let time = mondayMs;
    const times = Float64Array.from(samples, ({ stepMs }) => (time += stepMs));
    return { times, values: Float64Array.from(samples, ({ value }) => value) };
  });

/** Three weeks of a noisy day with an incident in the third: the life that a detector is made for. */
const longLife = toPoints(mondayMs, 15 * minuteMs, 21 * 96, (timeMs) => {
  const isIncident = timeMs > mondayMs + 17.5 * dayMs && timeMs < mondayMs + 17.6 * dayMs;
  return noisyDay(timeMs % 1e9)(timeMs) * (isIncident ? 3 : 1);
});

function slice({ times, values }: Points, from: number, to?: number): Points {
  return { times: times.slice(from, to), values: values.slice(from, to) };
}

function expectSane(verdict: Verdict): void {
  const { score, expected, lower, upper, maturity, reason } = verdict;
  expect(Number.isFinite(score) && score >= 0).toBe(true);
  expect([lower, expected, upper].every(Number.isFinite)).toBe(true);
  expect(lower <= expected && expected <= upper).toBe(true);
  expect(maturity >= 0 && maturity <= 1).toBe(true);
  expect(reason !== '').toBe(score > 1);
  if (maturity < 0.1) expect(score).toBe(0);
}

describe.each(detectorIds)('the detector %s', (id) => {
  const detector = getDetector(id);
  const fold = (points: Points, state = newState(detector)) => foldDetector(detector, state, points);

  test('is registered under its own id', () => {
    expect(detector.id).toBe(id);
  });

  test('answers within the contract, whatever comes', () => {
    fc.assert(
      fc.property(anyPoints, (points) => {
        for (const verdict of fold(points)) expectSane(verdict);
      }),
    );
    for (const verdict of fold(longLife)) expectSane(verdict);
  });

  test('is deterministic', () => {
    fc.assert(
      fc.property(anyPoints, (points) => {
        expect(fold(points)).toEqual(fold(points));
      }),
    );
  });

  test('does not look ahead: the verdicts of a prefix do not change when more follows', () => {
    fc.assert(
      fc.property(anyPoints, fc.nat(300), (points, cut) => {
        expect(fold(slice(points, 0, cut))).toEqual(fold(points).slice(0, cut));
      }),
    );
  });

  test('goes on after its state was stored and read as if nothing had happened, so a batch is the fold of batches', () => {
    const check = (points: Points, cut: number) => {
      const state = newState(detector);
      const first = fold(slice(points, 0, cut), state);
      const second = fold(slice(points, cut), decodeState(encodeState(state), detector.stateLength)!);
      expect([...first, ...second]).toEqual(fold(points));
    };
    fc.assert(fc.property(anyPoints, fc.nat(300), check));
    for (const cut of [1, 95, 700, 1690]) check(longLife, cut);
  });

  test('does not use the point under test to say what was expected of it', () => {
    const state = newState(detector);
    fold(longLife, state);
    const timeMs = longLife.times.at(-1)! + 15 * minuteMs;
    const bands = [0, 100, 1e9].map((value) => {
      const { expected, lower, upper } = detector.update(state.slice(), timeMs, value);
      return { expected, lower, upper };
    });
    expect(bands[1]).toEqual(bands[0]);
    expect(bands[2]).toEqual(bands[0]);
  });

  test('never loses maturity, and is mature after three regular weeks', () => {
    const maturity = fold(longLife).map((verdict) => verdict.maturity);
    expect(maturity.every((value, i) => i === 0 || value >= maturity[i - 1]!)).toBe(true);
    expect(maturity.at(-1)).toBe(1);
  });

  test('keeps a state of a few kilobytes, however long it has lived', () => {
    const state = newState(detector);
    fold(longLife, state);
    expect(encodeState(state).length).toBeLessThan(4096);
  });

  test('starts each series afresh: two states do not share anything, and one that is made anew knows nothing', () => {
    const used = newState(detector);
    fold(longLife, used);
    detector.init(used);
    expect(used).toEqual(newState(detector));
    const untouched = encodeState(newState(detector));
    fold(longLife);
    expect(encodeState(newState(detector))).toBe(untouched);
  });
});
