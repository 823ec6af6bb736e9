import { expect, test } from 'vitest';
import { toRegular } from '../../models/series.ts';

const points = { times: Float64Array.of(0, 60_000, 90_000, 200_000, 900_000), values: Float64Array.of(1, 2, 4, 9, 5) };

test('points of one cell are averaged and an empty cell is missing', () => {
  const series = toRegular(points, 0, 240_000, 60_000);
  expect(series).toEqual({ startMs: 0, stepMs: 60_000, values: Float64Array.of(1, 3, Number.NaN, 9) });
});

test('the range begins on the grid and leaves out what is not in it', () => {
  const series = toRegular(points, 70_000, 180_000, 60_000);
  expect(series).toEqual({ startMs: 60_000, stepMs: 60_000, values: Float64Array.of(3, Number.NaN) });
});

test('a value that is not finite is as good as missing', () => {
  const wild = { times: Float64Array.of(0, 1), values: Float64Array.of(Number.POSITIVE_INFINITY, 4) };
  expect(toRegular(wild, 0, 60_000, 60_000).values).toEqual(Float64Array.of(4));
});
