import { expect, test } from 'vitest';
import { fitScaling } from '../../../models/multivariate/scaling.ts';
import { trailingVectors } from '../../../models/multivariate/trailing-vectors.ts';
import { machineFrame } from './machine-frames.ts';

test('the daily rhythm does not count as spread, and a constant has a small scale above 0', () => {
  const { centre, scale } = fitScaling(machineFrame({ days: 6 }));
  expect(centre[4]).toBe(7);
  expect(scale[4]).toBeCloseTo(0.007);
  // Noise of width 1 around a rhythm of 20, and half hours in which the rhythm itself moves.
  expect(scale[0]).toBeLessThan(2);
  expect(scale[0]).toBeGreaterThan(0.2);
});

test('one wild value neither becomes the scale nor leaves it alone: sqrt(rms * max)', () => {
  const values = new Float32Array(100).map((_, i) => (i % 2 === 0 ? 1 : -1));
  values[99] = 100;
  const { scale } = fitScaling({ startMs: 0, stepMs: 60_000, width: 1, values });
  // Around the median 0 or 1 of this short reference; by hand: rms = sqrt((99 + 10,000) / 100) = 10.05, max = 100.
  expect(scale[0]).toBeGreaterThan(30);
  expect(scale[0]).toBeLessThan(33);
});

test('a vector holds now and the rows before it, scaled; what is missing repeats, or is the centre', () => {
  const frame = {
    startMs: 0,
    stepMs: 60_000,
    width: 2,
    values: Float32Array.of(10, Number.NaN, 12, 4, Number.NaN, 6),
  };
  const { width, values } = trailingVectors(frame, { centre: [10, 4], scale: [2, 1] }, [0, 60_000]);
  expect(width).toBe(4);
  expect([...values]).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 1, 0]);
});
