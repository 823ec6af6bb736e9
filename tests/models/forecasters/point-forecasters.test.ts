import { describe, expect, test } from 'vitest';
import { autoregression, differencedAutoregression } from '../../../models/forecasters/autoregression.ts';
import { dampedTrend } from '../../../models/forecasters/damped-trend.ts';
import { lagRidge, sparseLagRidge } from '../../../models/forecasters/lag-ridge.ts';
import { autoEts, mstlEts } from '../../../models/forecasters/mstl-ets.ts';
import { drift, naive } from '../../../models/forecasters/naive.ts';
import { createPast } from '../../../models/forecasters/past.ts';
import { onDeseasonalised, onLogScale } from '../../../models/forecasters/point-forecaster.ts';
import { longestSeasonalNaive, seasonalMean, seasonalNaive } from '../../../models/forecasters/seasonal-naive.ts';
import { theta } from '../../../models/forecasters/theta.ts';
import { gaussian } from '../synthetic.ts';
import { ask } from './ask.ts';

const all = [
  naive,
  drift,
  seasonalNaive,
  longestSeasonalNaive,
  seasonalMean,
  theta,
  dampedTrend,
  autoregression,
  differencedAutoregression,
  lagRidge,
  sparseLagRidge,
  onLogScale(lagRidge),
  onDeseasonalised(autoregression),
  onLogScale(onDeseasonalised(dampedTrend)),
  autoEts,
  mstlEts,
];

/** Four weeks of hours: a day, a weekend, noise. */
function hours(seed: number, count = 28 * 24): Float64Array {
  const noise = gaussian(seed);
  return Float64Array.from({ length: count }, (_, i) => {
    const weekend = Math.floor(i / 24) % 7 > 4 ? -30 : 0;
    return 100 + 20 * Math.sin((2 * Math.PI * i) / 24) + weekend + 2 * noise();
  });
}

describe.each(all.map((forecaster) => [forecaster.id, forecaster] as const))('%s', (_, forecaster) => {
  test('gives the same forecast at a step whatever the horizon', () => {
    const values = hours(9, 480);
    const long = ask(forecaster, values, 40, [24])?.subarray(0, 5);
    expect(long).toEqual(ask(forecaster, values, 5, [24]));
  });

  test('says the same as of a moment whether it is asked of later moments too', () => {
    const values = hours(1);
    const pasts = [500, 600, values.length].map((end) => createPast(values.subarray(0, end), [24, 168]));
    const first = forecaster.forecast(pasts, 12)[0]!;
    const alone = forecaster.forecast(pasts.slice(0, 1), 12)[0]!;
    expect([...first]).toEqual([...alone]);
  });

  test('does not see values after the moment it is asked of', () => {
    const [one, other] = [hours(2), hours(2)];
    other.fill(1e6, 600);
    const asOf600 = (values: Float64Array) =>
      forecaster.forecast([createPast(values.subarray(0, 600), [24, 168]), createPast(values, [24, 168])], 12)[0];
    expect(asOf600(one)).toEqual(asOf600(other));
  });
});

test('naive and drift, by hand', () => {
  expect([...ask(naive, [1, 5, 4], 2)!]).toEqual([4, 4]);
  expect([...ask(drift, [1, 5, 7], 2)!]).toEqual([10, 13]);
});

test('seasonal naive repeats the last of the shortest season, the longest repeats the longest, the mean takes four', () => {
  const week = [1, 2, 1, 9, 1, 4, 1, 7];
  expect([...ask(seasonalNaive, week, 4, [2, 4])!]).toEqual([1, 7, 1, 7]);
  expect([...ask(longestSeasonalNaive, week, 4, [2, 4])!]).toEqual([1, 4, 1, 7]);
  expect([...ask(seasonalMean, week, 3, [2, 4])!]).toEqual([1, 5.5, 1]);
  expect([...ask(seasonalNaive, [1, 2, 3], 2, [2])!], 'a season that is not held twice is none').toEqual([3, 3]);
  expect(ask(longestSeasonalNaive, week, 4, [2]), 'one season has no longest').toBeUndefined();
});

test('theta on a straight line goes on by half its slope, by hand: alpha 1, level 5, slope 1', () => {
  expect([...ask(theta, [1, 2, 3, 4, 5], 3)!]).toEqual([5.5, 6, 6.5]);
});

test('autoregression finds the weights that made a series, and returns to its mean', () => {
  const noise = gaussian(7);
  const values = [50, 50];
  for (let i = 2; i < 4000; i++) values.push(50 + 1.2 * (values[i - 1]! - 50) - 0.5 * (values[i - 2]! - 50) + noise());
  const [one, two] = [values.at(-1)! - 50, values.at(-2)! - 50];
  const forecast = ask(autoregression, values, 200)!;
  expect(forecast[0]! - 50).toBeCloseTo(1.2 * one - 0.5 * two, 0);
  expect(forecast[199]).toBeCloseTo(50, 0);
});

test('differenced autoregression stays where a wandering series is', () => {
  const noise = gaussian(8);
  let level = 0;
  const values = Array.from({ length: 500 }, () => (level += noise()));
  expect(Math.abs(ask(differencedAutoregression, values, 1)![0]! - level)).toBeLessThan(1);
});

test('a damped trend goes on ever more slowly', () => {
  const rising = Array.from({ length: 60 }, (_, i) => 10 + 2 * i);
  const forecast = ask(dampedTrend, rising, 50)!;
  const steps = Array.from(forecast.subarray(1), (value, h) => value - forecast[h]!);
  expect(forecast[0]).toBeGreaterThan(rising.at(-1)!);
  for (let h = 1; h < steps.length; h++) expect(steps[h]).toBeLessThan(steps[h - 1]!);
});

test('the regression on lags continues two seasons at once, and the season-removing ones a single season', () => {
  const values = hours(3, 30 * 24);
  const history = values.subarray(0, 28 * 24);
  const error = (forecast: Float64Array) =>
    forecast.reduce((sum, value, h) => sum + Math.abs(value - values[history.length + h]!), 0) / forecast.length;
  expect(error(ask(lagRidge, history, 48, [24, 168])!)).toBeLessThan(4);
  expect(error(ask(mstlEts, history, 48, [24, 168])!)).toBeLessThan(4);
  const daily = ask(onDeseasonalised(autoregression), history.subarray(0, 5 * 24), 24, [24])!;
  expect(daily[6]! - daily[18]!).toBeCloseTo(40, -1);
});

test('outliers in the past do not bend the regression', () => {
  const clean = hours(4);
  const dirty = clean.map((value, i) => (i % 97 === 50 ? value * 3 : value));
  const apart = ask(lagRidge, clean, 24, [24])!.map((value, h) => value - ask(lagRidge, dirty, 24, [24])![h]!);
  expect(Math.max(...apart.map(Math.abs))).toBeLessThan(8);
});

describe('on the log scale', () => {
  test('growth by a factor goes on by the factor', () => {
    const doubling = Array.from({ length: 8 }, (_, i) => 2 ** i);
    expect([...ask(onLogScale(drift), doubling, 2)!]).toEqual([expect.closeTo(256, 9), expect.closeTo(512, 9)]);
  });

  test('a series with a value that is not positive has no forecast', () => {
    expect(ask(onLogScale(drift), [1, 2, 0, 4], 2)).toBeUndefined();
  });
});

test('the models of augurs say nothing of what they cannot fit', () => {
  expect(ask(autoEts, [1, 2, 3], 2)).toBeUndefined();
  expect(ask(mstlEts, hours(1), 2)).toBeUndefined();
});
