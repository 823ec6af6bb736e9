import { fillGaps } from '../statistics/fill-gaps.ts';
import { finiteValues } from '../statistics/finite-values.ts';
import { mean } from '../statistics/mean.ts';
import { normalQuantile } from '../statistics/normal-quantile.ts';
import { forecastEts, forecastMstl, type IntervalForecast } from './augurs.ts';
import type { Forecaster, ForecastRequest, ForecastResult } from './forecaster.ts';
import { gaussianQuantiles } from './gaussian-quantiles.ts';
import { seasonalNaive } from './seasonal-naive.ts';

const intervalLevel = 0.8;
/** A season is smoothed over about so many of its cycles, however many there are. */
const smoothedCycles = 7;
const largestShare = 0.8;
/** The fewest values from which AutoETS selects a model. */
const fewestValues = 10;

/**
 * Multiple seasonal decomposition (MSTL) with automatic exponential smoothing (AutoETS) of what remains; quantiles are
 * those of the normal distribution behind its 80 % interval, widened for what the seasons swallow (`seasonWidening`).
 *
 * - Missing values are filled by straight lines first.
 * - A season of which the history does not hold two is left out; with none left it is AutoETS alone.
 * - A series that never changed is forecast to its value, with quantiles of no width.
 * - Where no model can be fitted, or the fit leaves the finite numbers, the answer is that of `seasonal-naive`.
 *
 * It needs 10 observed values, and two of the shortest season.
 */
export const mstlEts: Forecaster & { readonly id: 'mstl-ets' } = {
  id: 'mstl-ets',
  forecast: (requests) => requests.map(forecastOne),
};

function forecastOne(request: ForecastRequest): ForecastResult {
  const observed = finiteValues(request.history.values);
  const needed = Math.max(fewestValues, 2 * (request.seasonLengths[0] ?? 1));
  const available = observed.length;
  if (available < needed) return { ok: false, reason: 'insufficient_history', needed, available };

  const { horizon, levels } = request;
  const first = observed[0]!;
  if (observed.every((value) => value === first)) {
    const constant = () => new Float64Array(horizon).fill(first);
    return { ok: true, mean: constant(), quantiles: levels.map(constant) };
  }
  const fitted = fitModel(request, observed);
  if (fitted === undefined) return seasonalNaive.forecast([request])[0]!;

  const z = normalQuantile((1 + intervalLevel) / 2);
  const sigma = fitted.halfWidth.map((width) => width / z);
  return { ok: true, mean: fitted.point, quantiles: gaussianQuantiles(fitted.point, sigma, levels) };
}

/** Fits on values of size near 1, so that the unit of the metric does not matter to the optimiser. */
function fitModel(
  { history, horizon, seasonLengths }: ForecastRequest,
  observed: Float64Array,
): IntervalForecast | undefined {
  const size = mean(observed.map(Math.abs));
  const values = fillGaps(history.values).map((value) => value / size);
  const seasons = seasonLengths.filter((length) => length > 1 && 2 * length <= values.length);
  try {
    const { point, halfWidth } =
      seasons.length > 0
        ? forecastMstl(values, seasons, horizon, intervalLevel)
        : forecastEts(values, horizon, intervalLevel);
    if (![...point, ...halfWidth].every(Number.isFinite)) return undefined;
    const widening = size * seasonWidening(seasons, values.length);
    return { point: point.map((value) => value * size), halfWidth: halfWidth.map((width) => width * widening) };
  } catch {
    return undefined;
  }
}

/**
 * The intervals of augurs take the seasons for known, but a season that is averaged over K cycles takes up a share of
 * 1/K of the noise: residuals look smaller than they are, and the forecast is off by as much again. With s the sum of
 * the shares the interval belongs wider by sqrt((1 + s) / (1 - s)). On simulated series with 2 to 60 cycles this is
 * within 12 % of the widening that makes an 80 % interval hold 80 %.
 */
function seasonWidening(seasons: readonly number[], length: number): number {
  const shares = seasons.map((season) => 1 / Math.min(smoothedCycles, length / season));
  const share = Math.min(
    largestShare,
    shares.reduce((sum, each) => sum + each, 0),
  );
  return Math.sqrt((1 + share) / (1 - share));
}
