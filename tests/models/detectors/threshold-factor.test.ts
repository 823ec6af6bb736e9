import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { composite } from '../../../models/detectors/composite.ts';
import { defaultDetectorSettings, foldDetector, newState, type Verdict } from '../../../models/detectors/detector.ts';
import { gaussian, minuteMs, mondayMs, toPoints } from '../synthetic.ts';

const stepMs = 5 * minuteMs;
const days = 14;
const samples = (days * 24 * 60) / 5;
const nextMs = mondayMs + samples * stepMs;

/** Two quiet weeks around 100. */
function quiet() {
  const noise = gaussian(3);
  const state = newState(composite);
  foldDetector(
    composite,
    state,
    toPoints(mondayMs, stepMs, samples, () => 100 + noise()),
  );
  return state;
}

const grown = quiet();

/** What `values` score after two quiet weeks. */
function score(values: readonly number[], thresholdFactor: number, state = grown.slice()): Verdict[] {
  const points = toPoints(nextMs, stepMs, values.length, (timeMs) => values[(timeMs - nextMs) / stepMs]!);
  return foldDetector(composite, state, points, { ...defaultDetectorSettings, thresholdFactor });
}

/** The distance from 100 that scores so much at the ordinary threshold. */
function distanceOf(wanted: number): number {
  const one = score([120], 1)[0]!;
  return (20 / one.score) * wanted;
}

const anyValues = fc.array(fc.double({ min: 50, max: 150, noNaN: true }), { maxLength: 60 });
const raised = fc.double({ min: 1, max: 3, noNaN: true });

describe('a threshold that people have raised', () => {
  test('loses no score: what scores at the ordinary one scores the same, and no sample is learned otherwise', () => {
    fc.assert(
      fc.property(anyValues, raised, (values, factor) => {
        const [plain, other] = [grown.slice(), grown.slice()];
        const before = score(values, 1, plain);
        const after = score(values, factor, other);
        for (const [i, verdict] of after.entries()) {
          if (before[i]!.score > 1 || verdict.score <= 1) expect(verdict).toEqual(before[i]);
          else expect(verdict.score).toBeGreaterThan(factor);
        }
        const differ = [...plain].filter((number, i) => !Object.is(number, other[i])).length;
        expect(differ).toBeLessThanOrEqual(1);
      }),
      { numRuns: 30 },
    );
  });

  test('is passed by what grows beyond it, though nobody was told of its faint beginning', () => {
    const values = [100 + distanceOf(1.3), 100 + distanceOf(2.2)];
    expect(score(values, 1).map((verdict) => verdict.score > 1)).toEqual([true, false]);
    const [faint, bad] = score(values, 1.5);
    expect(faint!.score).toBeGreaterThan(1);
    expect(faint!.score).toBeLessThan(1.5);
    expect(bad!.score).toBeGreaterThan(1.5);
  });
});

describe('a threshold that people have lowered', () => {
  test('is passed by what was too faint, and the band is as narrow', () => {
    const values = [100 + distanceOf(0.8)];
    const [ordinary, lowered] = [score(values, 1)[0]!, score(values, 0.7)[0]!];
    expect(ordinary.score).toBeLessThan(1);
    expect(lowered.score).toBeGreaterThan(1);
    expect(lowered.reason).not.toBe('');
    expect((lowered.upper - lowered.expected) / (ordinary.upper - ordinary.expected)).toBeCloseTo(0.7, 6);
  });
});
