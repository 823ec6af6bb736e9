import type { InsufficientHistory } from '../forecasters/forecaster.ts';
import type { RegularSeries } from '../series.ts';
import { fillGaps } from '../statistics/fill-gaps.ts';
import { finiteValues } from '../statistics/finite-values.ts';
import { quantileSorted } from '../statistics/quantile.ts';
import { firstPassage } from './first-passage.ts';
import { drawGrowthPaths, type Paths } from './growth-paths.ts';
import { findJumps, removeJumps } from './level-jumps.ts';
import { drawPeakPaths } from './peak-paths.ts';
import { seasonalProfile } from './seasonal-profile.ts';
import { findTeeth } from './teeth.ts';

export const directions = ['above', 'below'] as const;
export type Direction = (typeof directions)[number];

/** When does this series reach that limit? */
export interface CapacityQuestion {
  /** The highest value of each cell (the lowest, when the limit is below), up to now; one that is not finite is missing. */
  history: RegularSeries;
  /** The newest value: whether the limit is passed already. */
  latest: number;
  limit: number;
  direction: Direction;
  /** In cells. */
  horizon: number;
  /** In cells; 1 for none. */
  seasonLength: number;
  withOutlook: boolean;
}

/**
 * Why there is no date: it moves to the limit, but arrives after the horizon; it is reset before it arrives; it moves
 * away from it; or it does not move.
 */
export const capacityReasons = ['beyond_horizon', 'resets', 'moving_away', 'no_trend'] as const;
export type CapacityReason = (typeof capacityReasons)[number];

export interface CapacityAnswer {
  ok: true;
  /** Whether the limit is passed now; then the dates are those since when. */
  passed: boolean;
  /** Unix milliseconds: by then a half, a tenth and nine tenths of the futures have reached it; null beyond the horizon. */
  reachedAt: number | null;
  reachedAtLow: number | null;
  reachedAtHigh: number | null;
  /** That it is reached within the horizon. */
  probability: number;
  /** Why `reachedAt` is null. */
  reason: CapacityReason | null;
  /** In the unit of the series; of a series that is reset, that of its peaks. */
  growthPerDay: number;
  /** What may have been reached by the end of each cell ahead; null when not asked for. */
  outlook: Outlook | null;
}

/** Quantiles 0.1, 0.5 and 0.9 of the highest value so far (`above`; of the lowest, `below`), in the unit of the series. */
export interface Outlook {
  low: Float64Array;
  middle: Float64Array;
  high: Float64Array;
}

const futures = 200;
const leastCells = 8;
/** A history carries a question about four times its own length. */
const horizonPerHistory = 4;
const dayMs = 86_400_000;

/** How many observed cells a question needs. */
export function cellsNeeded(horizon: number): number {
  return Math.max(leastCells, Math.ceil(horizon / horizonPerHistory));
}

/**
 * Answers when a series reaches a limit, from two hundred futures that its past allows: the season (where there is
 * one) is taken out, leaps of the level are told from growth, and what has been reset twice or more is judged by its peaks
 * alone. Where no value was ever negative, no future is. Pure: the same question has the same answer.
 *
 * A higher limit is never reached earlier (`above`; a lower one, `below`), and low <= middle <= high.
 */
export function answerCapacity(question: CapacityQuestion): CapacityAnswer | InsufficientHistory {
  const { history, latest, limit, direction, horizon } = question;
  const sign = direction === 'above' ? 1 : -1;
  const observed = finiteValues(history.values);
  const endMs = history.startMs + history.values.length * history.stepMs;
  const isPassed = sign * latest >= sign * limit;
  const needed = cellsNeeded(horizon);
  if (observed.length < needed && !isPassed)
    return { ok: false, reason: 'insufficient_history', needed, available: observed.length };

  const known = history.values.map((value) => (Number.isFinite(value) ? sign * value : Number.NaN));
  const upward = fillGaps(known);
  const { paths, drift, isReset } = drawFutures(upward, question, observed);
  const outlook = question.withOutlook ? outlookOf(paths, sign * latest, sign) : null;
  const growthPerDay = sign * drift * (dayMs / history.stepMs) || 0;
  if (isPassed) {
    const since = history.startMs + passedSince(upward, sign * limit) * history.stepMs;
    const dates = { reachedAt: since, reachedAtLow: since, reachedAtHigh: since };
    return { ok: true, passed: true, ...dates, probability: 1, reason: null, growthPerDay, outlook };
  }
  const { low, middle, high, probability } = firstPassage(paths, sign * latest, sign * limit);
  const dateOf = (cells: number | null) => (cells === null ? null : Math.round(endMs + cells * history.stepMs));
  return {
    ok: true,
    passed: false,
    reachedAt: dateOf(middle),
    reachedAtLow: dateOf(low),
    reachedAtHigh: dateOf(high),
    probability,
    reason: middle === null ? reasonOf(drift, isReset) : null,
    growthPerDay,
    outlook,
  };
}

/** The futures of a series whose limit lies above, with its growth a cell. */
function drawFutures(
  upward: Float64Array,
  { horizon, seasonLength, direction }: CapacityQuestion,
  observed: Float64Array,
): { paths: Paths; drift: number; isReset: boolean } {
  if (upward.length === 0) return { paths: [new Float64Array(horizon)], drift: 0, isReset: false };
  const profile = seasonalProfile(upward, seasonLength);
  const values = upward.map((value, t) => value - profile[t % profile.length]!);
  const jumps = findJumps(values);
  const teeth = findTeeth(values, jumps);
  const drawn =
    teeth === undefined ? drawGrowth(removeJumps(values, jumps), horizon) : drawPeakPaths(teeth, horizon, futures);
  const ceiling = direction === 'below' && observed.every((value) => value >= 0) ? 0 : Number.POSITIVE_INFINITY;
  for (const path of drawn.paths)
    for (let h = 0; h < horizon; h++)
      path[h] = Math.min(ceiling, path[h]! + profile[(upward.length + h) % profile.length]!);
  return { paths: drawn.paths, drift: drawn.drift, isReset: teeth !== undefined };
}

function drawGrowth(values: Float64Array, horizon: number): { paths: Paths; drift: number } {
  const { paths, growth } = drawGrowthPaths(values, horizon, futures);
  return { paths, drift: growth.drift };
}

/** Since which cell the limit has been passed without a break. */
function passedSince(upward: Float64Array, limit: number): number {
  const before = upward.findLastIndex((value) => value < limit);
  return Math.min(before + 1, Math.max(0, upward.length - 1));
}

function reasonOf(drift: number, isReset: boolean): CapacityReason {
  if (drift > 0) return 'beyond_horizon';
  if (isReset) return 'resets';
  return drift < 0 ? 'moving_away' : 'no_trend';
}

/** The quantiles of the highest value so far, back in the direction of the question. */
function outlookOf(paths: Paths, start: number, sign: number): Outlook {
  const steps = paths[0]!.length;
  const highest = new Float64Array(paths.length).fill(start);
  const columns = { low: new Float64Array(steps), middle: new Float64Array(steps), high: new Float64Array(steps) };
  for (let h = 0; h < steps; h++) {
    for (const [p, path] of paths.entries()) highest[p] = Math.max(highest[p]!, path[h]!);
    const sorted = highest.slice().sort();
    columns.low[h] = sign * quantileSorted(sorted, sign > 0 ? 0.1 : 0.9);
    columns.middle[h] = sign * quantileSorted(sorted, 0.5);
    columns.high[h] = sign * quantileSorted(sorted, sign > 0 ? 0.9 : 0.1);
  }
  return columns;
}
