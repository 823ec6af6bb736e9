import { expect, test } from 'vitest';
import { backtest } from '../../../models/evaluation/backtest.ts';
import type { ForecastRequest } from '../../../models/forecasters/forecaster.ts';
import { mstlEts } from '../../../models/forecasters/mstl-ets.ts';
import { seasonalNaive } from '../../../models/forecasters/seasonal-naive.ts';
import { gaussian, toSeries } from '../synthetic.ts';

/** Five weeks of hours with a daily and a weekly season, a trend and noise. */
function hours(seed: number): ForecastRequest {
  const noise = gaussian(seed);
  const values = Array.from({ length: 5 * 168 }, (_, i) => {
    const weekend = Math.floor(i / 24) % 7 > 4 ? -15 : 0;
    return 100 + i / 50 + 20 * Math.sin((2 * Math.PI * i) / 24) + weekend + 3 * noise();
  });
  return { history: toSeries(values), horizon: 48, seasonLengths: [24, 168], levels: [0.1, 0.5, 0.9] };
}

test('beats seasonal naive on series with two seasons and a trend', () => {
  const requests = [1, 2, 3, 4].map(hours);
  const total = (results: ReturnType<typeof backtest>) =>
    results.reduce((sum, result) => sum + (result.ok ? result.mase : Number.NaN), 0);
  expect(total(backtest(mstlEts, requests))).toBeLessThan(0.9 * total(backtest(seasonalNaive, requests)));
});

test('covers some four of five values between the levels 0.1 and 0.9', () => {
  const results = backtest(mstlEts, [1, 2, 3, 4, 5, 6].map(hours));
  const covered = results.reduce((sum, result) => sum + (result.ok ? result.coverage : 0), 0) / results.length;
  expect(covered).toBeGreaterThan(0.7);
  expect(covered).toBeLessThan(0.9);
});

test('leaves out a season of which the history does not hold two', () => {
  const { history, ...rest } = hours(1);
  const short = { ...rest, history: toSeries(history.values.slice(0, 200)) };
  expect(mstlEts.forecast([short])).toEqual(mstlEts.forecast([{ ...short, seasonLengths: [24] }]));
});

test('is exponential smoothing alone when there is no season', () => {
  const noise = gaussian(5);
  const values = Array.from({ length: 60 }, () => 50 + noise());
  const [result] = mstlEts.forecast([{ history: toSeries(values), horizon: 3, seasonLengths: [], levels: [0.5] }]);
  expect(result).toMatchObject({ ok: true });
  if (result!.ok) for (const value of result!.mean) expect(value).toBeCloseTo(50, -1);
});
