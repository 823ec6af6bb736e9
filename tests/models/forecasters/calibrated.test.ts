import { describe, expect, test } from 'vitest';
import { createForecaster } from '../../../models/forecasters/calibrated.ts';
import type { Forecast, ForecastRequest } from '../../../models/forecasters/forecaster.ts';
import { drift, naive } from '../../../models/forecasters/naive.ts';
import { createPointForecaster } from '../../../models/forecasters/point-forecaster.ts';
import { createForecasters } from '../../../models/forecasters/registry.ts';
import { seasonalNaive } from '../../../models/forecasters/seasonal-naive.ts';
import { gaussian, toSeries } from '../synthetic.ts';

const combined = createForecasters().get('combined')!;
const nan = Number.NaN;

function forecast(
  values: ArrayLike<number>,
  overrides: Partial<ForecastRequest> = {},
  forecaster = combined,
): Forecast {
  const request = {
    history: toSeries(values),
    horizon: 24,
    seasonLengths: [24],
    levels: [0.1, 0.5, 0.9],
    ...overrides,
  };
  const [result] = forecaster.forecast([request]);
  if (!result!.ok) throw new Error('expected a forecast');
  return result!;
}

/** A daily wave around a level that may change, with noise. */
function wave(length: number, level: (i: number) => number, { seed = 1, swing = 20, sigma = 2 } = {}): number[] {
  const noise = gaussian(seed);
  return Array.from({ length }, (_, i) => level(i) + swing * Math.sin((2 * Math.PI * i) / 24) + sigma * noise());
}

const truth = (level: number, h: number, from: number) => level + 20 * Math.sin((2 * Math.PI * (from + h)) / 24);

function largestError(mean: Float64Array, level: number, from: number): number {
  return Math.max(...mean.map((value, h) => Math.abs(value - truth(level, h, from))));
}

describe('what it says of itself', () => {
  const result = forecast(wave(480, () => 100));

  test('the members, heaviest first, with weights that sum to about 1 and their errors', () => {
    const weights = result.members.map(({ weight }) => weight);
    expect(weights).toEqual([...weights].sort((a, b) => b - a));
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeGreaterThan(0.9);
    for (const { mase } of result.members) expect(mase).toBeGreaterThan(0);
  });

  test('the horizon and the number of its tests, and its skill beside that of seasonal naive', () => {
    expect(result).toMatchObject({ testedHorizon: 24, folds: 6 });
    expect(result.mase).toBeLessThan(result.naiveMase);
  });

  test('a horizon that the history is too short to test is tested as far as it goes', () => {
    expect(
      forecast(
        wave(40, () => 100),
        { horizon: 36 },
      ),
    ).toMatchObject({ testedHorizon: 20, folds: 1 });
  });
});

describe('the combination', () => {
  const off = (by: number) =>
    createPointForecaster(`off-by-${by}`, ({ values }, horizon) =>
      Float64Array.from({ length: horizon }, (_, h) => values.length + h + by),
    );
  const line = Array.from({ length: 200 }, (_, i) => i);

  test('gives the weight to the members that did best in the tests', () => {
    const { members } = forecast(line, { seasonLengths: [] }, createForecaster('x', [off(1), off(10), off(2)]));
    expect(members.map(({ forecaster }) => forecaster)).toEqual(['off-by-1']);
  });

  test('leaves out a member that runs wild, whatever it did before', () => {
    const wild = createPointForecaster('wild', ({ values }, horizon) =>
      Float64Array.from({ length: horizon }, (_, h) => (values.length < 200 ? values.length + h : 1e9)),
    );
    const { mean } = forecast(line, { seasonLengths: [] }, createForecaster('x', [wild, off(1)], { hasFloor: true }));
    expect(mean[0]).toBe(201);
  });

  test('is seasonal naive where that did better in the tests, when asked to have a floor', () => {
    const bad = off(50);
    const [free, floored] = [createForecaster('x', [bad]), createForecaster('x', [bad], { hasFloor: true })];
    expect(forecast(line, { seasonLengths: [] }, free).mean[0]).toBe(250);
    expect(forecast(line, { seasonLengths: [] }, floored)).toMatchObject({
      members: [{ forecaster: 'seasonal-naive', weight: 1 }],
    });
  });

  test('is seasonal naive where no member can answer', () => {
    const silent = createPointForecaster('silent', () => undefined);
    expect(forecast(line, { seasonLengths: [] }, createForecaster('x', [silent])).mean[0]).toBe(199);
  });

  test('is better than each of its members on most series, and never far from the best', () => {
    const single = createForecaster('naive', [naive, drift, seasonalNaive]);
    for (const seed of [1, 2, 3]) {
      const values = wave(360, (i) => 50 + i / 20, { seed });
      const [all, few] = [forecast(values, {}, combined), forecast(values, {}, single)];
      expect(all.mase).toBeLessThan(few.mase);
    }
  });
});

describe('a series with', () => {
  test('missing values, also a whole day, is forecast as if they were there', () => {
    const values = wave(480, () => 100).map((value, i) => (i % 13 === 5 || (i > 200 && i < 225) ? nan : value));
    expect(largestError(forecast(values).mean, 100, 480)).toBeLessThan(8);
  });

  test('infinities takes them for missing', () => {
    const values = wave(480, () => 100).map((value, i) => (i % 50 === 7 ? Number.POSITIVE_INFINITY : value));
    expect(largestError(forecast(values).mean, 100, 480)).toBeLessThan(8);
  });

  test('a level shift four days ago is forecast around the new level', () => {
    const values = wave(480, (i) => (i < 384 ? 100 : 300));
    expect(largestError(forecast(values).mean, 300, 480)).toBeLessThan(30);
  });

  test('zeros nine hours of ten is not forecast to be negative, and its upper quantile is above zero', () => {
    const noise = gaussian(4);
    const values = Array.from({ length: 480 }, (_, i) => (i % 10 === 3 ? 5 + Math.abs(noise()) : 0));
    const { mean, quantiles } = forecast(values, { seasonLengths: [24] });
    expect([...mean, ...quantiles[0]!].every((value) => value >= 0)).toBe(true);
    expect(Math.max(...quantiles[2]!)).toBeGreaterThan(0);
  });

  test('bounds stays within them, quantiles too', () => {
    const values = wave(480, () => 0.9, { swing: 0.1, sigma: 0.05 }).map((value) => Math.min(1, value));
    const { mean, quantiles } = forecast(values, { bounds: { lower: 0, upper: 1 } });
    for (const column of [mean, ...quantiles]) expect(column.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  test('fewer values than steps that are asked for has no forecast', () => {
    const request = { history: toSeries(wave(30, () => 1)), horizon: 31, seasonLengths: [24], levels: [0.5] };
    expect(combined.forecast([request])).toEqual([
      { ok: false, reason: 'insufficient_history', needed: 31, available: 30 },
    ]);
  });
});

test('of 95 % and 80 % intervals, that many values of simulated series come true, within five points', () => {
  const levels = [0.025, 0.1, 0.9, 0.975];
  let inWide = 0;
  let inNarrow = 0;
  let count = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const values = wave(504, (i) => 100 + i / 30, { seed, sigma: 4 });
    const { quantiles } = forecast(values.slice(0, 480), { levels });
    for (let h = 0; h < 24; h++) {
      const value = values[480 + h]!;
      const [lowest, low, high, highest] = quantiles.map((column) => column[h]!);
      if (value >= lowest! && value <= highest!) inWide++;
      if (value >= low! && value <= high!) inNarrow++;
      count++;
    }
  }
  expect(Math.abs(inWide / count - 0.95)).toBeLessThan(0.05);
  expect(Math.abs(inNarrow / count - 0.8)).toBeLessThan(0.05);
});
