import { describe, expect, test } from 'vitest';
import type { Forecast, ForecastRequest } from '../../../models/forecasters/forecaster.ts';
import { seasonalNaive } from '../../../models/forecasters/seasonal-naive.ts';
import { toSeries } from '../synthetic.ts';

function forecast(values: number[], overrides: Partial<ForecastRequest> = {}): Forecast {
  const request = {
    history: toSeries(values),
    horizon: 6,
    seasonLengths: [3],
    levels: [0.25, 0.5, 0.75],
    ...overrides,
  };
  const [result] = seasonalNaive.forecast([request]);
  if (!result!.ok) throw new Error('expected a forecast');
  return result!;
}

const nan = Number.NaN;

test('repeats the last season, in phase with the end of the history', () => {
  expect([...forecast([1, 2, 3, 4, 5, 6, 7]).mean]).toEqual([5, 6, 7, 5, 6, 7]);
});

test('repeats the last value when there is no season', () => {
  expect([...forecast([1, 2, 3], { seasonLengths: [], horizon: 2 }).mean]).toEqual([3, 3]);
});

test('takes the longest season of which the history holds two', () => {
  const week = [1, 2, 1, 9, 1, 2, 1, 9];
  expect([...forecast(week, { seasonLengths: [2, 4], horizon: 4 }).mean]).toEqual([1, 2, 1, 9]);
  expect([...forecast(week, { seasonLengths: [2, 5], horizon: 4 }).mean]).toEqual([1, 9, 1, 9]);
});

describe('a missing value', () => {
  test('is replaced by the season before', () => {
    expect([...forecast([1, 2, 3, 4, nan, 6, 1], { horizon: 3 }).mean]).toEqual([2, 6, 1]);
  });

  test('at a phase that was never observed lies between its neighbours', () => {
    const values = [1, nan, 3, 1, nan, 3, 1, nan, 3];
    expect([...forecast(values, { horizon: 3 }).mean]).toEqual([1, 2, 3]);
  });
});

test('the quantiles widen with the root of the seasons ahead, by hand: changes of 2, their median times 1 and sqrt 2', () => {
  const { mean, quantiles } = forecast([0, 0, 0, 2, 2, 2, 4, 4, 4]);
  const [low, middle, high] = quantiles;
  expect(middle).toEqual(mean);
  expect([...high!]).toEqual([6, 6, 6, ...new Array(3).fill(expect.closeTo(4 + 2 * Math.SQRT2, 12))]);
  expect([...low!]).toEqual([2, 2, 2, ...new Array(3).fill(expect.closeTo(4 - 2 * Math.SQRT2, 12))]);
});
