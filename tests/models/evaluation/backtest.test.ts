import { expect, test } from 'vitest';
import { backtest } from '../../../models/evaluation/backtest.ts';
import type { ForecastRequest } from '../../../models/forecasters/forecaster.ts';
import { seasonalNaive } from '../../../models/forecasters/seasonal-naive.ts';
import { toSeries } from '../synthetic.ts';

const request: ForecastRequest = {
  history: toSeries([1, 2, 3, 3, 2, 3, 2, 5]),
  horizon: 2,
  seasonLengths: [2],
  levels: [0.25, 0.75],
};

test('scores the hidden end of the history, by hand: season (2, 3), errors 0 and 2, scale (2 + 1 + 1 + 0) / 4', () => {
  const [result] = backtest(seasonalNaive, [request]);
  expect(result).toMatchObject({ ok: true, mase: 1, coverage: 0.5 });
});

test('does not see what it hides: another end changes the score, not what was forecast', () => {
  const other = { ...request, history: toSeries([1, 2, 3, 3, 2, 3, 2, 3]) };
  const [result] = backtest(seasonalNaive, [other]);
  expect(result).toMatchObject({ ok: true, mase: 0, coverage: 1 });
});

test('answers with what is missing when the visible past is too short', () => {
  const short = { ...request, history: toSeries([1, 2, 3]) };
  const [result] = backtest(seasonalNaive, [short]);
  expect(result).toEqual({ ok: false, reason: 'insufficient_history', needed: 4, available: 1 });
});
