import { createPast } from './past.ts';
import type { PointForecaster } from './point-forecaster.ts';

/** What the members said of the future, and what they would have said at earlier moments of the series. */
export interface Trials {
  /** The members that gave a forecast from the end of the history. */
  members: Trial[];
  /** The cell at which each test begins, ascending. */
  origins: number[];
  /** How many steps of each test were forecast and compared, at most the horizon. */
  testedHorizon: number;
}

export interface Trial {
  id: string;
  /** The forecast from the end of the history. */
  ahead: Float64Array;
  /** `tests[k]` is the forecast from `origins[k]`; undefined where the past was too short for the member. */
  tests: (Float64Array | undefined)[];
}

const mostTests = 6;
/** A forecast may leave the range of the history by so many times its width; farther away a model has run wild. */
const widestExcursion = 2;

/**
 * Has each member forecast from the end of the history and, as a rolling-origin backtest, from up to six moments
 * before it, half a horizon apart. A member that cannot answer, or that leaves every sane range, is left out.
 *
 * @param values finite, gaps filled
 * @param isGuarded whether there are other members for one that leaves the sane range
 */
export function runTrials(
  members: readonly PointForecaster[],
  values: Float64Array,
  seasonLengths: readonly number[],
  horizon: number,
  isGuarded: boolean,
): Trials {
  const { origins, testedHorizon } = chooseOrigins(values.length, seasonLengths, horizon);
  const pasts = [...origins, values.length].map((origin) => createPast(values.subarray(0, origin), seasonLengths));
  const range = isGuarded ? saneRangeOf(values) : { low: -Number.MAX_VALUE, high: Number.MAX_VALUE };
  const trials = members.flatMap(({ id, forecast }): Trial[] => {
    const forecasts = forecast(pasts, horizon);
    const isSane = (each: Float64Array) => each.every((value) => value >= range.low && value <= range.high);
    const ahead = forecasts.at(-1);
    if (ahead === undefined || !forecasts.every((each) => each === undefined || isSane(each))) return [];
    return [{ id, ahead, tests: forecasts.slice(0, -1) }];
  });
  return { members: trials, origins, testedHorizon };
}

/** How many steps before the end of a long history the tests begin. */
export function testedSteps(horizon: number): number {
  return horizon + (mostTests - 1) * Math.max(1, Math.floor(horizon / 2));
}

/** The tests need a past of two seasons, or of half the history where there is less. */
function chooseOrigins(
  cells: number,
  seasonLengths: readonly number[],
  horizon: number,
): Pick<Trials, 'origins' | 'testedHorizon'> {
  const twoSeasons = 2 * (seasonLengths[0] ?? 1);
  const earliest = Math.max(Math.ceil(cells / 3), 1.5 * twoSeasons <= cells ? twoSeasons : Math.ceil(cells / 2));
  const testedHorizon = Math.min(horizon, cells - earliest);
  const step = Math.max(1, Math.floor(testedHorizon / 2));
  const count = Math.min(mostTests, 1 + Math.floor((cells - earliest - testedHorizon) / step));
  const last = cells - testedHorizon;
  return { testedHorizon, origins: Array.from({ length: count }, (_, k) => last - (count - 1 - k) * step) };
}

function saneRangeOf(values: Float64Array): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const width = high - low;
  return { low: low - widestExcursion * width, high: high + widestExcursion * width };
}
