import {
  type EdgeOptions,
  edgeLength,
  edgeOf,
  endEdgeNewcomersHour,
  endEdgeQuarterDay,
  learnEdge,
  onceEdgeOf,
} from './edge.ts';
import { type FlatState, layOut } from './flat-state.ts';
import { type Band, bandSigmas, type LearningLimits, newcomerWidening } from './seasonal-band.ts';

/** What one edge of each view is worth: an alarm takes more than a place just outside. */
export const seasonWeight = 0.84;
const jumpWeight = 0.64;
const meanWeight = 0.64;
/** The time constant of the mean of the residuals. */
const meanHours = 1;
/** An hour is told of while its residuals go on: while the last is on the same side and at least this share of the mean. */
const stillThere = 0.5;
/** The distance from the recent level, and the mean of the last hour's residuals. */
const jumpOptions: EdgeOptions = { distances: 8, beyondReach: 1.25 };
const meanOptions: EdgeOptions = { distances: 6, beyondReach: 1.25 };
/** The mean of an hour's residuals must move by so many least sigmas. */
const meanLeastSigmas = 2;
/** From this habit of blips on, an hour that one sample has moved is none. */
const habitualBlips = 0.5;
/** What stands alone is learned from up to so many widths of the noise, and less as far as blips are a habit. */
const learnedNoise = 5;

/**
 * Three views of a sample: its distance from what the season shows, from the level of the last hours (the jump), and the
 * mean of the last hour's residuals. Each is measured against edges of its own. It begins with zeros.
 */
const { at, length } = layOut({
  mean: 1,
  /** Of the last sample. */
  residual: 1,
  jump: 1,
  jumpAbove: edgeLength,
  jumpBelow: edgeLength,
  meanAbove: edgeLength,
  meanBelow: edgeLength,
});
const edges = [at.jumpAbove, at.jumpBelow, at.meanAbove, at.meanBelow];
export const viewsLength = length;

/** How strange one view finds a sample, in edges: above 1 it lies outside. */
interface Sight {
  alone: number;
  /** What it has in common with the sample before. */
  lasting: number;
  /** The sample alone, by an edge that lies beyond what was reached once as far as blips are a habit. */
  blip: number;
}

export type View = 'season' | 'jump' | 'hour';

/** What all views see of a sample; `alone`, `lasting` and `blip` are those of the view that finds it strangest. */
export interface Views extends Sight, LearningLimits {
  residual: number;
  jump: number;
  jumpEdge: number;
  mean: number;
  meanEdge: number;
  speaker: View;
}

/** Filled anew for each sample: what lives for one sample only would keep the garbage collector busy. */
const season: Sight = { alone: 0.5, lasting: 0.5, blip: 0.5 };
const jumped: Sight = { alone: 0.5, lasting: 0.5, blip: 0.5 };
const hour: Sight & { mean: number; edge: number } = { alone: 0.5, lasting: 0.5, blip: 0.5, mean: 0.5, edge: 0.5 };
const seen: Views = {
  alone: 0.5,
  lasting: 0.5,
  blip: 0.5,
  residual: 0.5,
  jump: 0.5,
  jumpEdge: 0.5,
  mean: 0.5,
  meanEdge: 0.5,
  speaker: 'season',
  residualLimit: 0.5,
  jumpLimit: 0.5,
};

/** What the views see of a sample, valid until the next; `blipHabit` is 0 to 1. */
export function look(
  state: FlatState,
  views: number,
  band: Band,
  value: number,
  gapHours: number,
  maturity: number,
  blipHabit: number,
): Views {
  const residual = value - band.expected;
  const jump = gapHours > 1 ? 0 : value - band.level;
  const lastingResidual = inCommon(residual, state[views + at.residual]!);
  const lastingJump = inCommon(jump, state[views + at.jump]!);

  const edgeOfSeason = residual >= 0 ? band.above : band.below;
  const onceInSeason = residual >= 0 ? band.blipAbove : band.blipBelow;
  see(season, seasonWeight, residual, lastingResidual, edgeOfSeason, blipHabit * onceInSeason);
  const jumpEdge = seeJump(state, views, band, jump, lastingJump, blipHabit);
  seeHour(state, views, band, residual, lastingResidual, Math.min(1, gapHours), maturity, blipHabit);

  const learned = band.noise * Math.min(learnedNoise, 1 / blipHabit);
  seen.alone = Math.max(season.alone, jumped.alone, hour.alone);
  seen.lasting = Math.max(season.lasting, jumped.lasting, hour.lasting);
  seen.blip = Math.max(season.blip, jumped.blip, hour.blip);
  seen.residual = residual;
  seen.jump = jump;
  seen.jumpEdge = jumpEdge;
  seen.mean = hour.mean;
  seen.meanEdge = hour.edge;
  seen.speaker = speaker();
  seen.residualLimit = Math.max(learned, lastingResidual);
  seen.jumpLimit = Math.max(learned, lastingJump);
  return seen;
}

/** Lets the edges learn what was seen; `samples` counts the sample, `elapsedHours` is at most 1. */
export function learnViews(state: FlatState, views: number, seen: Views, samples: number, elapsedHours: number): void {
  const { jump, mean } = seen;
  const jumped = Math.abs(jump) > seen.jumpEdge;
  learnEdge(state, views + at.jumpAbove, Math.max(0, jump), samples, elapsedHours, jumped && jump > 0);
  learnEdge(state, views + at.jumpBelow, Math.max(0, -jump), samples, elapsedHours, jumped && jump < 0);
  const moved = Math.abs(mean) > seen.meanEdge;
  learnEdge(state, views + at.meanAbove, Math.max(0, mean), samples, elapsedHours, moved && mean > 0);
  learnEdge(state, views + at.meanBelow, Math.max(0, -mean), samples, elapsedHours, moved && mean < 0);
  state[views + at.mean] = mean;
  state[views + at.residual] = seen.residual;
  state[views + at.jump] = jump;
}

export function endViewsNewcomersHour(state: FlatState, views: number): void {
  for (const edge of edges) endEdgeNewcomersHour(state, views + edge);
}

export function endViewsQuarterDay(state: FlatState, views: number): void {
  for (const edge of edges) endEdgeQuarterDay(state, views + edge);
}

/** How far both of two distances go, 0 when to different sides. */
function inCommon(distance: number, before: number): number {
  return distance * before > 0 ? Math.min(Math.abs(distance), Math.abs(before)) : 0;
}

function see(sight: Sight, weight: number, distance: number, lasting: number, edge: number, onceEdge: number): void {
  sight.alone = (weight * Math.abs(distance)) / edge;
  sight.lasting = (weight * lasting) / edge;
  sight.blip = (weight * Math.abs(distance)) / Math.max(edge, onceEdge);
}

/** A jump to one side and one to the other count as two: what goes up and down by jumps has jumped twice. Answers the edge. */
function seeJump(
  state: FlatState,
  views: number,
  band: Band,
  jump: number,
  lasting: number,
  blipHabit: number,
): number {
  const above = onceEdgeOf(state, views + at.jumpAbove, jumpOptions);
  const below = onceEdgeOf(state, views + at.jumpBelow, jumpOptions);
  const least = Math.max(bandSigmas * band.leastSigma, Math.min(above, below));
  const edge = edgeOf(state, views + (jump >= 0 ? at.jumpAbove : at.jumpBelow), jumpOptions, least);
  see(jumped, jumpWeight, jump, lasting, edge, blipHabit * (jump >= 0 ? above : below));
  return edge;
}

/** The mean of the last hour's residuals. Where blips are a habit, one sample is no hour. */
function seeHour(
  state: FlatState,
  views: number,
  band: Band,
  residual: number,
  lastingResidual: number,
  elapsedHours: number,
  maturity: number,
  blipHabit: number,
): void {
  const halfBand = (band.above + Math.min(band.below, band.expected - band.floor)) / 2;
  const clipped = Math.max(-halfBand, Math.min(halfBand, residual));
  const before = state[views + at.mean]!;
  const mean = before + (elapsedHours / (meanHours + elapsedHours)) * (clipped - before);
  const leastMean = meanLeastSigmas * band.leastMeanSigma;
  hour.mean = mean;
  hour.edge = edgeOf(state, views + (mean >= 0 ? at.meanAbove : at.meanBelow), meanOptions, leastMean);

  const newcomer = 1 + newcomerWidening * (1 - maturity);
  const goesOn = band.isSeasonal && residual * mean > 0 && Math.abs(residual) > stillThere * Math.abs(mean);
  hour.alone = goesOn ? (meanWeight * Math.abs(mean)) / (newcomer * hour.edge) : 0;
  hour.lasting = lastingResidual > stillThere * Math.abs(mean) ? hour.alone : 0;
  hour.blip = blipHabit <= habitualBlips ? hour.alone : 0;
}

/** The view that finds the sample strangest. */
function speaker(): View {
  const inSeason = Math.max(season.lasting, season.blip);
  const inJumps = Math.max(jumped.lasting, jumped.blip);
  const inHour = Math.max(hour.lasting, hour.blip);
  if (inSeason >= inJumps && inSeason >= inHour) return 'season';
  return inJumps >= inHour ? 'jump' : 'hour';
}
