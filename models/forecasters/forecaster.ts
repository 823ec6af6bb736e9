import type { RegularSeries } from '../series.ts';

/** What is asked of a forecaster for one series. */
export interface ForecastRequest {
  /** The past on a regular grid, missing values as NaN; the forecast begins one step after its last cell. */
  history: RegularSeries;
  /** How many steps ahead, at least 1. */
  horizon: number;
  /** Season lengths in steps, ascending, e.g. `[24, 168]` for hourly values; empty when there is none. */
  seasonLengths: readonly number[];
  /** Quantile levels, ascending, each in (0, 1). */
  levels: readonly number[];
  /** What the metric cannot leave, as a ratio its 0 and 1; beyond 0 where the history never went, it is known. */
  bounds?: { lower?: number; upper?: number };
}

export interface Forecast {
  ok: true;
  /** One value a step, in the unit of the metric. */
  mean: Float64Array;
  /** `quantiles[l][h]` is level `levels[l]` at step h; ordered: `quantiles[l][h] <= quantiles[l + 1][h]`. */
  quantiles: Float64Array[];
  /** The models it is made of, the heaviest first. */
  members: Member[];
  /** Of the forecast in its tests on the past of the series, and of seasonal naive in the same; NaN when none was. */
  mase: number;
  naiveMase: number;
  /** Up to how many steps ahead it was tested, and from how many moments. Beyond, its intervals are extrapolated. */
  testedHorizon: number;
  folds: number;
}

/** A model that a forecast is made of; the weights of all sum to 1, but for those that are too small to tell of. */
export interface Member {
  forecaster: string;
  weight: number;
  /** The mean absolute error of the model alone in the same tests, over the scale of MASE. */
  mase: number;
}

/** Too little data is an answer, not an error: what was needed and what was there, in observed values. */
export interface InsufficientHistory {
  ok: false;
  reason: 'insufficient_history';
  needed: number;
  available: number;
}

export type ForecastResult = Forecast | InsufficientHistory;

/**
 * A forecaster: numbers in, numbers out, deterministic, no clock, no database.
 *
 * It takes a batch, because a global network forecasts many series in one multiplication; a local model loops. The
 * results are in the order of the requests, and a series' result does not depend on its neighbours in the batch.
 */
export interface Forecaster {
  readonly id: string;
  forecast(requests: readonly ForecastRequest[]): ForecastResult[];
}
