import { fillGaps } from '../statistics/fill-gaps.ts';
import { quantile } from '../statistics/quantile.ts';
import type { Forecaster, ForecastRequest, ForecastResult } from './forecaster.ts';

/**
 * The last season, repeated: the benchmark that every other forecaster has to beat.
 *
 * The season is the longest of `seasonLengths` of which the history holds two, else the shortest one; without a season
 * it is one step, and the last value is repeated. A step takes the latest value that was observed at its phase; a
 * phase that was never observed lies on the line between its neighbours.
 *
 * The quantiles are the point plus or minus a quantile of `|x_t - x_(t-m)|`, times sqrt(k) in the k-th season ahead
 * (Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", 5.5, with the empirical distribution of the
 * differences, made symmetric, instead of the normal one). It needs as many observed values as two of the shortest
 * season.
 */
export const seasonalNaive: Forecaster & { readonly id: 'seasonal-naive' } = {
  id: 'seasonal-naive',
  forecast: (requests) => requests.map(forecastOne),
};

function forecastOne({ history: { values }, horizon, seasonLengths, levels }: ForecastRequest): ForecastResult {
  const needed = 2 * (seasonLengths[0] ?? 1);
  const available = values.reduce((count, value) => count + (Number.isFinite(value) ? 1 : 0), 0);
  if (available < needed) return { ok: false, reason: 'insufficient_history', needed, available };

  const seasonLength = chooseSeason(seasonLengths, values.length);
  const season = lastSeason(values, seasonLength);
  const mean = Float64Array.from({ length: horizon }, (_, h) => season[h % seasonLength]!);
  const changes = seasonalChanges(values, seasonLength);
  const quantiles = levels.map((level) => {
    const offset = Math.sign(level - 0.5) * quantileOrZero(changes, Math.abs(2 * level - 1));
    return mean.map((value, h) => value + offset * Math.sqrt(Math.floor(h / seasonLength) + 1));
  });
  return { ok: true, mean, quantiles };
}

function chooseSeason(seasonLengths: readonly number[], cells: number): number {
  return seasonLengths.findLast((length) => 2 * length <= cells) ?? seasonLengths[0] ?? 1;
}

/** The latest observed value at each phase; phase 0 is the first step after the history. */
function lastSeason(values: Float64Array, seasonLength: number): Float64Array {
  const season = new Float64Array(seasonLength).fill(Number.NaN);
  for (let i = 0; i < values.length; i++) {
    const phase = (i - (values.length % seasonLength) + seasonLength) % seasonLength;
    if (Number.isFinite(values[i]!)) season[phase] = values[i]!;
  }
  return fillGaps(season);
}

/** `|x_t - x_(t-m)|` where both are observed. */
function seasonalChanges(values: Float64Array, seasonLength: number): Float64Array {
  const pairs = Math.max(0, values.length - seasonLength);
  return Float64Array.from({ length: pairs }, (_, i) => Math.abs(values[i + seasonLength]! - values[i]!));
}

function quantileOrZero(values: Float64Array, level: number): number {
  const value = quantile(values, level);
  return Number.isNaN(value) ? 0 : value;
}
