import { createPointForecaster } from './point-forecaster.ts';

/**
 * The last season, repeated: the benchmark that every other forecaster has to beat. The season is the shortest of
 * which the past holds two; without one the last value is repeated.
 */
export const seasonalNaive = createPointForecaster('seasonal-naive', ({ values, seasonLengths }, horizon) =>
  repeatSeason(values, seasonLengths[0] ?? 1, horizon),
);

/** As `seasonal-naive`, of the longest season: the hours of a week where that one repeats the hours of a day. */
export const longestSeasonalNaive = createPointForecaster(
  'longest-seasonal-naive',
  ({ values, seasonLengths }, horizon) =>
    seasonLengths.length < 2 ? undefined : repeatSeason(values, seasonLengths.at(-1)!, horizon),
);

/** The mean of the last four seasons at each phase: for noise around a season that does not change. */
export const seasonalMean = createPointForecaster('seasonal-mean', ({ values, seasonLengths }, horizon) => {
  const seasonLength = seasonLengths[0] ?? 1;
  const count = Math.min(4, Math.floor(values.length / seasonLength));
  return Float64Array.from({ length: horizon }, (_, h) => {
    let sum = 0;
    for (let k = 1; k <= count; k++) sum += values[values.length - k * seasonLength + (h % seasonLength)]!;
    return sum / count;
  });
});

function repeatSeason(values: Float64Array, seasonLength: number, horizon: number): Float64Array {
  const start = values.length - seasonLength;
  return Float64Array.from({ length: horizon }, (_, h) => values[start + (h % seasonLength)]!);
}
