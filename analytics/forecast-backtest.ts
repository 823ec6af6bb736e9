import type { BacktestResult } from '../models/evaluation/backtest.ts';
import type { ForecasterId } from '../models/forecasters/registry.ts';
import type { ModelPool } from '../models/pool.ts';
import type { RegularSeries } from '../models/series.ts';
import { mean } from '../models/statistics/mean.ts';
import type { SelectedSeries } from '../store/queries/selected-series.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { seasonLengthsOf } from './forecast.ts';
import type { ForecastNetwork } from './forecast-network.ts';
import { readHourlyHistory } from './hourly-history.ts';

/** How would forecasts of these series have done? */
export interface BacktestInquiry {
  tenant: string;
  series: readonly SelectedSeries[];
  forecaster: ForecasterId;
  /** In hours; each fold lies one horizon before the next. */
  horizon: number;
  folds: number;
  /** The share of values that the intervals should hold. */
  interval: number;
  /** Unix milliseconds on the hour: what is known by then. */
  to: number;
}

/** NaN where it cannot be told: nothing was held out, or the series never changes. */
export interface BacktestFigures {
  folds: number;
  mase: number;
  naiveMase: number;
  /** 1 - mase / naiveMase: above 0 it did better than seasonal naive. */
  skill: number;
  coverage: number;
}

export interface SeriesBacktest extends BacktestFigures {
  series: SelectedSeries;
  /** In observed hours, where the history was too short for any fold. */
  insufficient: { needed: number; available: number } | null;
}

const seriesPerTask = 10;
const readsAtOnce = 8;

/**
 * A rolling-origin backtest: of each series the last `folds` horizons are forecast, one after the other, from what was
 * known before them, by a forecaster and by seasonal naive. In the workers.
 *
 * @throws ModelTaskError when the workers give no answer, or `signal` is aborted.
 */
export async function backtestForecasts(
  { telemetry, network, models }: { telemetry: TelemetryStore; network: ForecastNetwork; models: ModelPool },
  inquiry: BacktestInquiry,
  signal: AbortSignal,
): Promise<{ overall: BacktestFigures; series: SeriesBacktest[] }> {
  const { tenant, series } = inquiry;
  const trained = { seasonalMlp: await network.weightsOf(tenant) };
  const histories: RegularSeries[] = [];
  for (let start = 0; start < series.length; start += readsAtOnce) {
    signal.throwIfAborted();
    const some = series.slice(start, start + readsAtOnce);
    const reads = some.map((each) => readHourlyHistory(telemetry, tenant, each, inquiry));
    histories.push(...(await Promise.all(reads)));
  }
  const ask = async (forecaster: ForecasterId, start: number) => {
    const requests = histories.slice(start, start + seriesPerTask).flatMap((history) => requestsOf(history, inquiry));
    return models.backtest({ forecaster, requests, trained }, { signal });
  };
  const starts = Array.from({ length: Math.ceil(series.length / seriesPerTask) }, (_, i) => i * seriesPerTask);
  const [own, naive] = await Promise.all([
    Promise.all(starts.map((start) => ask(inquiry.forecaster, start))).then((results) => results.flat()),
    Promise.all(starts.map((start) => ask('seasonal-naive', start))).then((results) => results.flat()),
  ]);
  const { folds } = inquiry;
  const rows = series.map((each, i) =>
    judge(each, own.slice(i * folds, (i + 1) * folds), naive.slice(i * folds, (i + 1) * folds)),
  );
  return { overall: summarise(rows), series: rows };
}

function requestsOf(history: RegularSeries, { folds, horizon, interval }: BacktestInquiry) {
  const levels = [(1 - interval) / 2, 0.5, (1 + interval) / 2];
  return Array.from({ length: folds }, (_, fold) => {
    const values = history.values.slice(0, Math.max(0, history.values.length - fold * horizon));
    const cut = { ...history, values };
    return { history: cut, horizon, seasonLengths: seasonLengthsOf(cut), levels };
  });
}

function judge(
  series: SelectedSeries,
  own: readonly BacktestResult[],
  naive: readonly BacktestResult[],
): SeriesBacktest {
  const scored = own.flatMap((result, i) => {
    const other = naive[i]!;
    // Without coverage nothing came that could be compared.
    const isCompared = result.ok && other.ok && Number.isFinite(result.coverage);
    return isCompared ? [{ ...result, naiveMase: other.mase }] : [];
  });
  const first = own[0]!;
  const insufficient = first.ok || scored.length > 0 ? null : { needed: first.needed, available: first.available };
  const mase = mean(scored.map((each) => each.mase));
  const naiveMase = mean(scored.map((each) => each.naiveMase));
  const coverage = mean(scored.map((each) => each.coverage));
  return { series, insufficient, folds: scored.length, mase, naiveMase, skill: 1 - mase / naiveMase, coverage };
}

/** Each series counts alike, whatever its number of folds. */
function summarise(rows: readonly SeriesBacktest[]): BacktestFigures {
  const mase = mean(rows.map((row) => row.mase));
  const naiveMase = mean(rows.map((row) => row.naiveMase));
  return {
    folds: rows.reduce((sum, { folds }) => sum + folds, 0),
    mase,
    naiveMase,
    skill: 1 - mase / naiveMase,
    coverage: mean(rows.map((row) => row.coverage)),
  };
}
