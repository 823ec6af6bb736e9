import { mean } from '../statistics/mean.ts';
import { median } from '../statistics/median.ts';
import { createRobustRegression, type RobustRegression } from '../statistics/robust-regression.ts';
import { standardDeviation } from '../statistics/standard-deviation.ts';
import type { Past } from './past.ts';
import type { PointForecaster } from './point-forecaster.ts';

const longestPast = 4000;
const penalty = 2;
const shortLags = 24;

/**
 * A linear regression of each value on those before it, at the lags that a season makes likely: the last 24, the
 * multiples of the shortest season with their neighbours, and the longer seasons with theirs. Ridge keeps the many
 * weights small, Huber's loss keeps outliers from bending them. Steps ahead are forecast one after the other, each
 * from those before.
 *
 * The weights of the regression grow with the series: as of a later moment it is the same regression with more rows.
 */
export const lagRidge = createLagRidge('lag-ridge', manyLags);

/** As `lag-ridge`, with the fewest lags that tell of a level and of each season: for a short or noisy series. */
export const sparseLagRidge = createLagRidge('sparse-lag-ridge', fewLags);

function createLagRidge(id: string, lagsOf: (past: Past) => number[]): PointForecaster {
  return {
    id,
    forecast(pasts, horizon) {
      const first = pasts[0];
      if (first === undefined) return [];
      const lags = lagsThatFit(lagsOf(first), first.values.length);
      if (lags === undefined) return pasts.map(() => undefined);
      const scale = scaleOf(first.values);
      if (scale === undefined) return pasts.map(() => undefined);
      const regression = createRobustRegression(lags.length + 1, penalty);
      const start = Math.max(0, pasts.at(-1)!.values.length - longestPast);
      let from = start + lags.at(-1)!;
      return pasts.map(({ values }) => {
        const scaled = values.map((value) => (value - scale.centre) / scale.spread);
        addRows(regression, scaled, lags, from);
        from = Math.max(from, values.length);
        const forecast = continueBy(regression.solve(), scaled, lags, horizon);
        return forecast.map((value) => value * scale.spread + scale.centre);
      });
    },
  };
}

/** Ascending. Of the longest, as many are left out as the past is too short for; undefined when none is left. */
function lagsThatFit(lags: readonly number[], cells: number): number[] | undefined {
  const ascending = [...new Set(lags)].sort((a, b) => a - b);
  while (ascending.length > 0 && cells - ascending.at(-1)! < 2 * ascending.length) ascending.pop();
  return ascending.length === 0 ? undefined : ascending;
}

function manyLags({ seasonLengths }: Past): number[] {
  const lags = Array.from({ length: shortLags }, (_, i) => i + 1);
  const shortest = seasonLengths[0] ?? 1;
  const longest = seasonLengths.at(-1) ?? 1;
  for (let lag = shortest; lag < longest && shortest > 1; lag += shortest) lags.push(lag - 1, lag, lag + 1);
  for (const season of seasonLengths) {
    for (let lag = season - 2; lag <= season + 2; lag++) lags.push(lag);
    lags.push(Math.round(season / 2));
  }
  return lags.filter((lag) => lag > 0);
}

function fewLags({ seasonLengths }: Past): number[] {
  const lags = [1, 2, 3, 4];
  const shortest = seasonLengths[0] ?? 1;
  const longest = seasonLengths.at(-1) ?? 1;
  for (let lag = shortest; lag < longest && shortest > 1; lag += shortest) lags.push(lag);
  for (const season of seasonLengths) lags.push(season, season + 1);
  return lags;
}

function scaleOf(values: Float64Array): { centre: number; spread: number } | undefined {
  const centre = mean(values);
  const spread = standardDeviation(values);
  return spread > 1e-12 * Math.abs(median(values)) && spread > 0 ? { centre, spread } : undefined;
}

function addRows(regression: RobustRegression, values: Float64Array, lags: readonly number[], from: number): void {
  for (let i = from; i < values.length; i++) {
    regression.add((row) => fillRow(row, values, lags, i), values[i]!);
  }
}

function fillRow(row: Float64Array, values: Float64Array, lags: readonly number[], i: number): void {
  for (let j = 0; j < lags.length; j++) row[j] = values[i - lags[j]!]!;
  row[lags.length] = 1;
}

function continueBy(
  weights: Float64Array,
  values: Float64Array,
  lags: readonly number[],
  horizon: number,
): Float64Array {
  const n = values.length;
  const continued = new Float64Array(n + horizon);
  continued.set(values);
  const row = new Float64Array(weights.length);
  for (let i = n; i < continued.length; i++) {
    fillRow(row, continued, lags, i);
    let sum = 0;
    for (let j = 0; j < row.length; j++) sum += weights[j]! * row[j]!;
    continued[i] = sum;
  }
  return continued.subarray(n);
}
