import type { Forecaster, ForecastRequest, InsufficientHistory } from '../forecasters/forecaster.ts';
import { coverage } from './coverage.ts';
import { mase } from './mase.ts';

/** How a forecaster did on the past of one series. */
export interface BacktestScore {
  ok: true;
  /** Below 1 it beats the one-season-ahead seasonal naive; NaN when the history never changes or nothing was held out. */
  mase: number;
  /** The share of held-out values between the lowest and the highest level, 0 to 1. */
  coverage: number;
}

export type BacktestResult = BacktestScore | InsufficientHistory;

/**
 * One fold of holdout for each request: the last `horizon` cells of the history are hidden, forecast from what is
 * before them, and compared. The scale of MASE is the shortest season (1 step when there is none) of the visible past.
 * Results are in the order of the requests; too little history is an answer, as in a forecast.
 */
export function backtest(forecaster: Forecaster, requests: readonly ForecastRequest[]): BacktestResult[] {
  const folds = requests.map(holdOut);
  const results = forecaster.forecast(folds.map((fold) => fold.request));
  return results.map((result, i) => {
    if (!result.ok) return result;
    const { request, actual } = folds[i]!;
    return {
      ok: true,
      mase: mase({
        actual,
        forecast: result.mean,
        history: request.history.values,
        seasonLength: request.seasonLengths[0] ?? 1,
      }),
      coverage: coverage(actual, result.quantiles[0]!, result.quantiles.at(-1)!),
    };
  });
}

function holdOut(request: ForecastRequest): { request: ForecastRequest; actual: Float64Array } {
  const { values } = request.history;
  const cut = Math.max(0, values.length - request.horizon);
  return {
    request: { ...request, history: { ...request.history, values: values.slice(0, cut) } },
    actual: values.slice(cut),
  };
}
