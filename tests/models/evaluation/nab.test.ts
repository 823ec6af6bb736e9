import { describe, expect, test } from 'vitest';
import { type NabFile, nabProfiles, probationRows, scoreNab } from '../../../models/evaluation/nab.ts';

/** A file of 100 rows, of which 15 are probation, that are all silent but for `spoken`. */
function fileOf(spoken: Record<number, number>, windows: [number, number][]): NabFile {
  const scores = Array.from({ length: 100 }, (_, row) => spoken[row] ?? 0);
  return { scores, windows: windows.map(([first, last]) => ({ first, last })) };
}

const sigmoid = (y: number) => 2 / (1 + Math.exp(5 * y)) - 1;

describe('the scoring of the Numenta Anomaly Benchmark', () => {
  test('gives 100 to who finds each window at its first row and says nothing else', () => {
    const files = [
      fileOf({ 40: 1, 80: 0.9 }, [
        [40, 49],
        [80, 99],
      ]),
      fileOf({ 15: 1 }, [[15, 20]]),
    ];
    for (const profile of Object.values(nabProfiles)) {
      expect(scoreNab(files, profile).normalised).toBeCloseTo(100, 9);
    }
  });

  test('gives 0 to silence and to a constant, for the best threshold is the one that keeps silent', () => {
    const constant = fileOf(Object.fromEntries(Array.from({ length: 100 }, (_, row) => [row, 1])), [[95, 99]]);
    expect(scoreNab([fileOf({}, [[40, 49]])], nabProfiles.standard).normalised).toBe(0);
    expect(scoreNab([constant], nabProfiles.standard)).toEqual({ normalised: 0, threshold: Number.POSITIVE_INFINITY });
  });

  test('weighs what a constant detector says at a fixed threshold row by row', () => {
    const constant = fileOf(Object.fromEntries(Array.from({ length: 100 }, (_, row) => [row, 1])), [[40, 49]]);
    let raw = 1 - 0.11 * 25;
    for (let row = 50; row < 100; row++) raw += 0.11 * ((row - 49) / 9 > 3 ? -1 : sigmoid((row - 49) / 9));
    expect(scoreNab([constant], nabProfiles.standard, 1).normalised).toBeCloseTo((100 * (raw + 1)) / 2, 9);
  });

  test('a window is worth its earliest detection, by how far it lies from the end of the window', () => {
    const late = fileOf({ 45: 1, 49: 1 }, [[40, 49]]);
    const worth = sigmoid(-0.5) / sigmoid(-1);
    expect(scoreNab([late], nabProfiles.standard).normalised).toBeCloseTo((100 * (worth + 1)) / 2, 9);
    expect(scoreNab([late], nabProfiles.lowFn).normalised).toBeCloseTo((100 * (worth + 2)) / 3, 9);
  });

  test('a false detection costs in full before the first window and far behind one, and less right behind it', () => {
    const at = (row: number) => scoreNab([fileOf({ 40: 1, [row]: 1 }, [[40, 49]])], nabProfiles.lowFp, 1).normalised;
    expect(at(20)).toBeCloseTo(100 - 50 * 0.22, 9);
    expect(at(90)).toBeCloseTo(100 - 50 * 0.22, 9);
    expect(at(52)).toBeCloseTo(100 + 50 * 0.22 * sigmoid(3 / 9), 9);
  });

  test('there is one threshold for all files, the best for their sum; rows of the same score go together', () => {
    const files = [fileOf({ 40: 0.5 }, [[40, 49]]), fileOf({ 20: 0.5, 30: 0.8, 70: 0.9 }, [[70, 79]])];
    const { normalised, threshold } = scoreNab(files, nabProfiles.standard);
    expect(threshold).toBe(0.5);
    expect(normalised).toBeCloseTo((100 * (2 - 0.22 + 2)) / 4, 9);
  });

  test('what is said on probation does not count, for or against', () => {
    expect(scoreNab([fileOf({ 3: 1, 14: 1 }, [[3, 12]])], nabProfiles.standard, 1).normalised).toBe(0);
    expect([100, 4032, 10_000, 6].map(probationRows)).toEqual([15, 604, 750, 0]);
  });

  test('without any window there is nothing to score', () => {
    expect(() => scoreNab([fileOf({}, [])], nabProfiles.standard)).toThrow('at least one window');
  });
});
