import { expect, test } from 'vitest';
import { measureImpact } from '../../../models/root-cause/impact.ts';

const minute = 60_000;
const series = (calls: number[], harmPerCall: number[]) => ({
  starts: calls.map((_, i) => i * minute),
  stepMs: minute,
  calls,
  harmPerCall,
});

test('harm is what each call costs beyond the ordinary, times the calls', () => {
  const measured = measureImpact(series([10, 10, 20, 40], [0.1, 0.3, 0.7, 0.4]), 2 * minute, 4 * minute);
  expect(measured.ordinary).toBeCloseTo(0.2);
  expect(measured.impact).toBeCloseTo((20 * 0.5 + 40 * 0.2) / 2);
  expect(measured.isNew).toBe(false);
});

test('a bucket counts with the part of it that lies in the incident, and is not ordinary when that part is large', () => {
  const measured = measureImpact(series([10, 10, 10], [0, 0.5, 1]), 1.5 * minute, 3 * minute);
  expect(measured.ordinary).toBe(0);
  expect(measured.impact).toBeCloseTo((0.5 * 10 * 0.5 + 10 * 1) / 1.5);
});

test('more traffic at the ordinary cost is no harm, and a fall of the cost is harm below 0', () => {
  expect(measureImpact(series([10, 99], [0.5, 0.5]), minute, 2 * minute).impact).toBe(0);
  expect(measureImpact(series([10, 10], [0.5, 0.25]), minute, 2 * minute).impact).toBe(-2.5);
});

test('a component without calls before the incident is new, and one without observations has no impact', () => {
  expect(measureImpact(series([0, 30], [Number.NaN, 1]), minute, 2 * minute)).toMatchObject({
    isNew: true,
    impact: 30,
  });
  expect(measureImpact(series([5, 0], [0.1, Number.NaN]), minute, 2 * minute)).toMatchObject({
    isNew: false,
    impact: 0,
  });
  expect(measureImpact(series([], []), 0, minute)).toMatchObject({ impact: 0, isNew: true });
});
