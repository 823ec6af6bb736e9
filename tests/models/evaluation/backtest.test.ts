import { expect, test } from 'vitest';
import { backtest } from '../../../models/evaluation/backtest.ts';
import type { ForecastRequest } from '../../../models/forecasters/forecaster.ts';
import { createForecasters } from '../../../models/forecasters/registry.ts';
import { toSeries } from '../synthetic.ts';

const seasonalNaive = createForecasters().get('seasonal-naive')!;
/** Season (2, 3), but for the last two values, of which the second is 2 off: errors 0 and 2. */
const values = [1, 2, 3, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 5];
const request: ForecastRequest = {
  history: toSeries(values),
  horizon: 2,
  seasonLengths: [2],
  levels: [0.25, 0.75],
};

test('scores the hidden end of the history, by hand: errors 0 and 2, scale 4 / 10', () => {
  const [result] = backtest(seasonalNaive, [request]);
  expect(result).toMatchObject({ ok: true, mase: 2.5, coverage: 0.5 });
});

test('does not see what it hides: another end changes the score, not what was forecast', () => {
  const other = { ...request, history: toSeries([...values.slice(0, -1), 3]) };
  const [result] = backtest(seasonalNaive, [other]);
  expect(result).toMatchObject({ ok: true, mase: 0, coverage: 1 });
});

test('answers with what is missing when the visible past is too short', () => {
  const short = { ...request, history: toSeries([1, 2, 3]) };
  const [result] = backtest(seasonalNaive, [short]);
  expect(result).toEqual({ ok: false, reason: 'insufficient_history', needed: 10, available: 1 });
});
