import { seasonalNaiveError } from '../evaluation/mase.ts';
import { meanAbsoluteError } from '../evaluation/mean-absolute-error.ts';
import { fillGaps } from '../statistics/fill-gaps.ts';
import { mean } from '../statistics/mean.ts';
import { type Combination, combine } from './combination.ts';
import { conformalQuantiles } from './conformal.ts';
import type { Forecast, Forecaster, ForecastRequest, ForecastResult, Member } from './forecaster.ts';
import type { PointForecaster } from './point-forecaster.ts';
import { seasonalNaive } from './seasonal-naive.ts';
import { runTrials, type Trials } from './trials.ts';

/** The fewest observed values from which anything is forecast. */
const fewestValues = 10;
/** A member that counts for less is not told of. */
const leastWeight = 0.01;

/**
 * Makes one forecaster of point forecasters: it tests them on the past of the series, weighs them by how they did, and
 * measures its intervals on its own errors there.
 *
 * - Where no member suits the series, the answer is that of seasonal naive. With `hasFloor` it also is where the tests
 *   say that it would have done better, and members whose forecast leaves every sane range are left out.
 * - It needs as many observed values as steps are asked for, and 10 at least.
 * - Missing values are filled by straight lines, and not counted in the tests.
 * - A series that never changed is forecast to its value, with quantiles of no width.
 * - It does not go below 0 where the history never did, nor beyond bounds of the request that the history kept.
 */
export function createForecaster<Id extends string>(
  id: Id,
  members: readonly PointForecaster[],
  { hasFloor = false }: { hasFloor?: boolean } = {},
): Forecaster & { readonly id: Id } {
  return { id, forecast: (requests) => requests.map((request) => forecastOne(members, hasFloor, request)) };
}

function forecastOne(members: readonly PointForecaster[], hasFloor: boolean, request: ForecastRequest): ForecastResult {
  const actual = request.history.values.map((value) => (Number.isFinite(value) ? value : Number.NaN));
  const needed = Math.max(fewestValues, request.horizon);
  const available = actual.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
  if (available < needed) return { ok: false, reason: 'insufficient_history', needed, available };
  const values = fillGaps(actual);
  if (values.every((value) => value === values[0])) return constant(values[0]!, request);

  const { seasonLengths, horizon } = request;
  const withFloor = members.includes(seasonalNaive) ? members : [...members, seasonalNaive];
  const trials = runTrials(withFloor, values, seasonLengths, horizon, hasFloor);
  const floor = judge(only(trials, [seasonalNaive]), actual);
  const asked = only(trials, members);
  const isFloor = asked.members.every(({ id }) => id === seasonalNaive.id);
  const combined = isFloor ? floor : judge(asked, actual);
  const chosen = hasFloor && combined.error > floor.error ? floor : combined;
  return toForecast(chosen, floor.error, trials, actual, request);
}

function only(trials: Trials, members: readonly PointForecaster[]): Trials {
  return { ...trials, members: trials.members.filter(({ id }) => members.some((member) => member.id === id)) };
}

interface Judged extends Combination {
  /** The mean absolute error over all tests. */
  error: number;
}

function judge(trials: Trials, actual: Float64Array): Judged {
  const { origins, testedHorizon } = trials;
  const combination = combine(trials, actual);
  const errors = combination.tests.map((test, k) =>
    meanAbsoluteError(actual.subarray(origins[k]!, origins[k]! + testedHorizon), test),
  );
  return { ...combination, error: mean(errors) };
}

function toForecast(
  chosen: Judged,
  floorError: number,
  trials: Trials,
  actual: Float64Array,
  request: ForecastRequest,
): Forecast {
  const { origins, testedHorizon } = trials;
  const tested = chosen.tests.map((forecast, k) => ({
    forecast,
    actual: actual.subarray(origins[k]!, origins[k]! + testedHorizon),
  }));
  const clamp = clampTo(actual, request.bounds);
  const scale = seasonalNaiveError(actual, request.seasonLengths[0] ?? 1);
  const inScales = (error: number) => (scale > 0 ? error / scale : Number.NaN);
  return {
    ok: true,
    mean: chosen.ahead.map(clamp),
    quantiles: conformalQuantiles(chosen.ahead, tested, request.levels).map((column) => column.map(clamp)),
    members: chosen.weights
      .filter(({ weight }) => weight >= leastWeight)
      .sort((a, b) => b.weight - a.weight)
      .map(({ id, weight, error }): Member => ({ forecaster: id, weight, mase: inScales(error) })),
    mase: inScales(chosen.error),
    naiveMase: inScales(floorError),
    testedHorizon,
    folds: origins.length,
  };
}

/** Counts, bytes, seconds and ratios have no negative values, whatever a trend or an interval says. */
function clampTo(actual: Float64Array, bounds: ForecastRequest['bounds']): (value: number) => number {
  const isNonNegative = !actual.some((value) => value < 0);
  const lower = Math.max(bounds?.lower ?? Number.NEGATIVE_INFINITY, isNonNegative ? 0 : Number.NEGATIVE_INFINITY);
  const limit = bounds?.upper ?? Number.POSITIVE_INFINITY;
  const upper = actual.some((value) => value > limit) ? Number.POSITIVE_INFINITY : limit;
  return (value) => Math.min(upper, Math.max(lower, value));
}

function constant(value: number, { horizon, levels }: ForecastRequest): Forecast {
  const column = () => new Float64Array(horizon).fill(value);
  return {
    ok: true,
    mean: column(),
    quantiles: levels.map(column),
    members: [{ forecaster: seasonalNaive.id, weight: 1, mase: Number.NaN }],
    mase: Number.NaN,
    naiveMase: Number.NaN,
    testedHorizon: 0,
    folds: 0,
  };
}
