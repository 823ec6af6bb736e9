import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contextMsOf, fitCalibrated, scoreCalibrated } from '../../../models/multivariate/calibrated.ts';
import { type Frame, rowCount, sliceRows } from '../../../models/multivariate/frame.ts';
import { getMultivariate, multivariateIds } from '../../../models/multivariate/registry.ts';
import { machineFrame, permute, rowsPerDay, withIncident } from './machine-frames.ts';

const reference = machineFrame({ days: 4 });
const day = machineFrame({ days: 1, seed: 2, startDay: 4 });
const noon = rowsPerDay / 2;
/** The load stays up, and what follows it does not: no value alone is out of its range. */
const broken = withIncident(day, { from: noon, to: noon + 12, dimension: 1, change: () => 48 });

/** Rows of any kind: of any size, constant, missing. */
const anyFrame: fc.Arbitrary<Frame> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.double({ min: -1e9, max: 1e9, noNaN: true }) },
      { weight: 3, arbitrary: fc.constantFrom(0, 7, 100) },
      { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY) },
    ),
    { minLength: 5, maxLength: 150 },
  )
  .map((values) => ({
    ...day,
    values: Float32Array.from(values.slice(0, values.length - (values.length % day.width))),
  }));

describe.each(multivariateIds)('the detector %s', async (id) => {
  const detector = getMultivariate(id);
  const weights = await fitCalibrated(detector, reference);
  const score = (frame: Frame, fromRow = 0) => scoreCalibrated(detector, weights, frame, fromRow);

  test('is registered under its own id', () => {
    expect(detector.id).toBe(id);
  });

  test('scores a course that breaks with the others above all that is ordinary, and above 1', () => {
    const scores = score(broken).score;
    const ordinary = score(day).score;
    const peak = Math.max(...scores.subarray(noon, noon + 12));
    expect(peak).toBeGreaterThan(1);
    expect(peak).toBeGreaterThan(2 * Math.max(...ordinary));
  });

  test('names the dimension that broke first', () => {
    const { contributions } = score(broken);
    const row = contributions.subarray((noon + 2) * day.width, (noon + 3) * day.width);
    expect(row.indexOf(Math.max(...row))).toBe(1);
    expect(row.reduce((sum, part) => sum + part)).toBeCloseTo(1, 5);
  });

  test('scores an ordinary day above 1 no more often than it says', () => {
    const flagged = score(day).score.filter((value) => value > 1).length;
    expect(flagged / rowCount(day)).toBeLessThan(0.02);
  });

  test('answers finite scores and shares, whatever comes', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const { score: scores, contributions } = score(frame);
        expect(scores.length).toBe(rowCount(frame));
        expect(scores.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
        expect(contributions.every((part) => part >= 0 && part <= 1)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('does not look ahead, and in pieces, each given its context and what lingers, scores as at once', () => {
    const context = contextMsOf(detector) / day.stepMs;
    const { score: whole } = score(broken);
    fc.assert(
      fc.property(fc.integer({ min: context, max: rowsPerDay - 1 }), (row) => {
        const before = score(sliceRows(broken, 0, row));
        expect(before.score).toEqual(whole.subarray(0, row));
        const piece = sliceRows(broken, row - context, Math.min(rowsPerDay, row + 20));
        const after = scoreCalibrated(detector, weights, piece, context, before.after).score;
        expect(after).toEqual(whole.subarray(row, row + 20));
      }),
      { numRuns: 5, examples: [[noon + 5]] },
    );
  });

  test('is deterministic, and its weights survive a JSON round trip', async () => {
    expect(await fitCalibrated(detector, reference)).toEqual(weights);
    const revived = JSON.parse(JSON.stringify(weights)) as typeof weights;
    expect(scoreCalibrated(detector, revived, broken)).toEqual(score(broken));
  });

  test('does not care for the order of the dimensions, nor for their units', async () => {
    const order = [3, 0, 4, 2, 1];
    const inMilli = (frame: Frame) => ({
      ...frame,
      values: frame.values.map((v, at) => (at % 5 === 1 ? 1000 * v : v)),
    });
    const inOrder = score(broken);
    const permuted = await fitCalibrated(detector, permute(inMilli(reference), order));
    const { score: scores, contributions } = scoreCalibrated(detector, permuted, permute(inMilli(broken), order));
    // A network starts from chance, which falls on the dimensions in their order.
    const tolerance = id === 'autoencoder' ? 0.25 : 0.001;
    for (const row of [10, noon + 3])
      expect(Math.abs(scores[row]! - inOrder.score[row]!)).toBeLessThanOrEqual(tolerance * (1 + inOrder.score[row]!));
    for (const [j, from] of order.entries()) {
      const parts = [contributions[(noon + 3) * 5 + j]!, inOrder.contributions[(noon + 3) * 5 + from]!] as const;
      expect(Math.abs(parts[0] - parts[1])).toBeLessThan(tolerance);
    }
  });

  test('lives with a dimension that is missing, and with a reference that holds nothing', async () => {
    const silent = withIncident(day, { from: 0, to: rowsPerDay, dimension: 0, change: () => Number.NaN });
    expect(score(silent).score.every(Number.isFinite)).toBe(true);
    const empty = await fitCalibrated(detector, { ...reference, values: reference.values.map(() => Number.NaN) });
    expect(scoreCalibrated(detector, empty, day).score.every(Number.isFinite)).toBe(true);
  });

  test('refuses a frame of another width', () => {
    expect(() => score({ ...day, width: 4 })).toThrow('4 dimensions');
  });
});
