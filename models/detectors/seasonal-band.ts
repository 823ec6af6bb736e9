import { activityLength, activityOf, learnActivity, wasAlwaysZero } from './activity.ts';
import { minuteOfHour, weekdayOf } from './calendar.ts';
import type { LevelShift } from './detector.ts';
import { type FlatState, layOut } from './flat-state.ts';
import {
  daysKnown,
  expectAt,
  initProfile,
  isOfWeekday,
  observe,
  profileLength,
  shiftHistory,
  steepestStep,
  turnTo,
  watchedHour,
} from './hourly-profile.ts';
import { closeHour, hourlyReachLength, noteInHour, reachedTwiceAt } from './hourly-reach.ts';
import { endQuarterDay, levelShiftLength, noteResidual } from './level-shift.ts';
import { learnOffset, minuteProfileLength, offsetAt } from './minute-profile.ts';
import {
  closeNewcomersHour,
  closeQuarterDay,
  dropQuarterDay,
  enterShift,
  noteDistance,
  reachedOnce,
  reachedTwice,
  reachLength,
} from './reach.ts';

/** The edge of the band, in robust standard deviations; about one normal sample in two million lies beyond. */
export const bandSigmas = 5;
/** The edge lies this far beyond what was reached twice. */
const beyondReach = 1.25;
/** What a series does at an hour may come so much earlier or later, in hours. */
const timingHours = 0.5;
/** A newcomer's band is wider by this share. */
export const newcomerWidening = 0.5;
const unclippedSamples = 30;
/** A residual teaches the scale at most this many mean residuals. */
const scaleClip = 3;
/** The mean absolute deviation of normal data, times this, is its standard deviation. */
const deviationToSigma = Math.sqrt(Math.PI / 2);
/** The least sigma, as a share of the level: a series that never changed may change by some 1 %. */
const leastSigmaShare = 0.0016;
const leastSigma = 1e-9;
/** and of a series of zeros, as a share of what it shows otherwise. */
const activeSigmaShare = 0.05;
/** Time constants in hours: two thirds of a change are taken over in this time. */
const levelHours = 3;
const adjustmentHours = 12;
const scaleHours = 24;
const hourScaleHours = 5;

/**
 * A band around what a series shows at this hour of the day and of the week.
 *
 * *Expected* is the median of this hour on the last seven days, corrected by what this weekday did in both of the last
 * two weeks and by how the last 12 hours went (`adjustment`), on a line between the middles of the hours. On the first
 * day it is the recent `level`.
 * *The band* is so many robust sigmas wide to each side, learned from clipped residuals (`scale`, and `scaleByHour` of the
 * day, 0 until the profile knows the hour) that were measured before the profile knew the sample; and it lies beyond what
 * the series reached, on that side, in two separate incidents of the last two weeks or so. Where the profile is steep it
 * is wider, for what happens every day happens a little early or late. A sigma of counts is at least
 * the root of what is expected (Poisson). Where the minutes of the hour have a season of their own, each has an offset.
 */
const { at, length } = layOut({
  profile: profileLength,
  minutes: minuteProfileLength,
  /** Whether no value was ever below 0: then nothing below 0 is expected. */
  isNonNegative: 1,
  isCount: 1,
  level: 1,
  adjustment: 1,
  scale: 1,
  scaleByHour: 24,
  above: reachLength,
  below: reachLength,
  hourlyAbove: hourlyReachLength,
  hourlyBelow: hourlyReachLength,
  shift: levelShiftLength,
  activity: activityLength,
});
export const seasonalBandLength = length;

/** What is expected of a sample before it is seen. */
export interface Band {
  expected: number;
  /** 0 to 59, within the hour. */
  minute: number;
  /** The part of it that is the minute's within the hour. */
  offset: number;
  /** The least value that the series can have. */
  floor: number;
  /** Half-widths, greater than 0. */
  above: number;
  below: number;
  /** The same for a sample that stands alone: beyond what was reached once. */
  blipAbove: number;
  blipBelow: number;
  /** Half the width that the noise alone would have. */
  noise: number;
  /** The mean absolute residual that the band is made of. */
  scale: number;
  /** The least sigma of a sample, and of a mean of several, in which what is seldom shown has less weight. */
  leastSigma: number;
  leastMeanSigma: number;
  /** Then what comes first has no unit to be measured in. */
  wasAlwaysZero: boolean;
  /** The recent level, whatever the hour. */
  level: number;
  hourOfDay: number;
  /** Whether the profile knows the hour. */
  isSeasonal: boolean;
  /** The weekday (0 is Monday) when what is expected is that of the weekday, else -1. */
  weekday: number;
}

export function initBand(state: FlatState, band: number, isCount: boolean): void {
  state.fill(0, band, band + length);
  state[band + at.isNonNegative] = 1;
  state[band + at.isCount] = Number(isCount);
}

export function startBand(state: FlatState, band: number, timeMs: number, value: number): void {
  initProfile(state, band + at.profile, timeMs);
  state[band + at.level] = value;
}

/** Ends the hour that was watched. */
export function turnBandTo(state: FlatState, band: number, hour: number): void {
  const hourOfDay = hourOfDayOf(watchedHour(state, band + at.profile));
  closeHour(state, band + at.hourlyAbove, hourOfDay);
  closeHour(state, band + at.hourlyBelow, hourOfDay);
  turnTo(state, band + at.profile, hour);
}

/** Ends the quarter-day; answers the level that is taken for new by it, else null. */
export function endBandQuarterDay(state: FlatState, band: number): LevelShift | null {
  const { isOutside, accepted, ended } = endQuarterDay(state, band + at.shift);
  if (ended !== 0) enterShift(state, band + (ended > 0 ? at.above : at.below), Math.abs(ended));
  for (const reach of [band + at.above, band + at.below]) {
    if (isOutside) dropQuarterDay(state, reach);
    else closeQuarterDay(state, reach);
  }
  if (accepted === null) return null;
  const offset = accepted.toLevel - accepted.fromLevel;
  shiftHistory(state, band + at.profile, offset);
  state[band + at.level]! += offset;
  return accepted;
}

/** Ends an hour of the first day. */
export function endBandNewcomersHour(state: FlatState, band: number): void {
  for (const reach of [band + at.above, band + at.below]) closeNewcomersHour(state, reach);
}

/** Filled anew for each sample: what lives for one sample only would keep the garbage collector busy. */
const predicted: Band = {
  expected: 0.5,
  minute: 0,
  offset: 0.5,
  floor: 0.5,
  above: 0.5,
  below: 0.5,
  blipAbove: 0.5,
  blipBelow: 0.5,
  noise: 0.5,
  scale: 0.5,
  leastSigma: 0.5,
  leastMeanSigma: 0.5,
  wasAlwaysZero: true,
  level: 0.5,
  hourOfDay: 0,
  isSeasonal: false,
  weekday: -1,
};

/** What is expected of the next sample, valid until the next prediction. */
export function predictBand(state: FlatState, band: number, timeMs: number, maturity: number): Band {
  const hour = watchedHour(state, band + at.profile);
  const hourOfDay = hourOfDayOf(hour);
  const seasonal = expectAt(state, band + at.profile, timeMs);
  const isSeasonal = !Number.isNaN(seasonal);
  const floor = state[band + at.isNonNegative] === 1 ? 0 : Number.NEGATIVE_INFINITY;
  const level = state[band + at.level]!;
  const minute = minuteOfHour(timeMs, hour);
  const offset = isSeasonal ? offsetAt(state, band + at.minutes, minute) : 0;
  const expected = Math.max(floor, isSeasonal ? seasonal + state[band + at.adjustment]! + offset : level);

  const scaleOfHour = state[band + at.scaleByHour + hourOfDay]!;
  const known = scaleOfHour > 0 ? daysKnown(state, band + at.profile) : 0;
  const scale = (state[band + at.scale]! + known * scaleOfHour) / (1 + known);
  const chance = state[band + at.isCount] === 1 ? Math.sqrt(Math.max(1, expected)) : leastSigma;
  const activity = activeSigmaShare * activityOf(state, band + at.activity);
  const steady = Math.max(leastSigmaShare * Math.abs(expected), chance);
  const least = Math.max(steady, activity);
  const timing = isSeasonal ? timingHours * steepestStep(state, band + at.profile) : 0;
  const noise =
    timing + bandSigmas * Math.max(scale * deviationToSigma, least) * (1 + newcomerWidening * (1 - maturity));
  predicted.expected = expected;
  predicted.minute = minute;
  predicted.offset = offset;
  predicted.floor = floor;
  predicted.above = Math.max(noise, beyondReach * reachOf(state, band + at.above, band + at.hourlyAbove, hourOfDay));
  predicted.below = Math.max(noise, beyondReach * reachOf(state, band + at.below, band + at.hourlyBelow, hourOfDay));
  predicted.blipAbove = beyondReach * reachedOnce(state, band + at.above);
  predicted.blipBelow = beyondReach * reachedOnce(state, band + at.below);
  predicted.noise = noise;
  predicted.scale = scale;
  predicted.leastSigma = least;
  predicted.leastMeanSigma = Math.max(steady, activity / 2);
  predicted.wasAlwaysZero = wasAlwaysZero(state, band + at.activity);
  predicted.level = level;
  predicted.hourOfDay = hourOfDay;
  predicted.isSeasonal = isSeasonal;
  predicted.weekday = isSeasonal && isOfWeekday(state, band + at.profile) ? weekdayOf(hour) : -1;
  return predicted;
}

/** So far a sample moves what is expected and the level: what the band allows, but stands alone, would pull them after it. */
export interface LearningLimits {
  residualLimit: number;
  jumpLimit: number;
}

/** Learns a sample that was predicted by `predicted`; `samples` counts it, `elapsedHours` is at most 1. */
export function learnBand(
  state: FlatState,
  band: number,
  predicted: Band,
  timeMs: number,
  value: number,
  samples: number,
  elapsedHours: number,
  { residualLimit, jumpLimit }: LearningLimits,
): void {
  const { above, below } = predicted;
  if (value < 0) state[band + at.isNonNegative] = 0;
  const residual = value - predicted.expected;
  const distance = Math.abs(residual);
  const side = residual > above ? 1 : residual < -below ? -1 : 0;
  if (predicted.isSeasonal)
    learnOffset(state, band + at.minutes, predicted.minute, residual + predicted.offset, elapsedHours);
  learnScale(state, band, predicted, distance, samples, elapsedHours);
  const step = clip(value - predicted.level, Math.min(below, jumpLimit), Math.min(above, jumpLimit));
  state[band + at.level] = predicted.level + Math.max(1 / samples, elapsedHours / levelHours) * step;
  if (predicted.isSeasonal && side === 0) {
    state[band + at.adjustment]! += (elapsedHours / adjustmentHours) * clip(residual, residualLimit, residualLimit);
  }
  noteDistance(state, band + (residual >= 0 ? at.above : at.below), distance, side !== 0);
  noteInHour(state, band + (residual >= 0 ? at.hourlyAbove : at.hourlyBelow), distance);
  noteResidual(state, band + at.shift, value, residual, side);
  learnActivity(state, band + at.activity, value, samples, elapsedHours);
  observe(state, band + at.profile, timeMs, value);
}

function learnScale(
  state: FlatState,
  band: number,
  { scale, hourOfDay, isSeasonal }: Band,
  distance: number,
  samples: number,
  elapsedHours: number,
): void {
  const before = state[band + at.scale]!;
  const limit = scaleClip * Math.max(scale, before);
  const clipped = samples < unclippedSamples ? distance : Math.min(distance, limit);
  const overall = before + Math.max(1 / samples, elapsedHours / scaleHours) * (clipped - before);
  state[band + at.scale] = overall;
  if (!isSeasonal) return;
  const held = state[band + at.scaleByHour + hourOfDay]!;
  const clippedOfHour = Math.min(distance, scaleClip * Math.max(scale, held));
  const learned = held + (elapsedHours / hourScaleHours) * (clippedOfHour - held);
  state[band + at.scaleByHour + hourOfDay] = held === 0 ? overall : learned;
}

function clip(value: number, below: number, above: number): number {
  return Math.max(-below, Math.min(above, value));
}

function reachOf(state: FlatState, reach: number, hourlyReach: number, hourOfDay: number): number {
  return Math.max(reachedTwice(state, reach), reachedTwiceAt(state, hourlyReach, hourOfDay));
}

function hourOfDayOf(hour: number): number {
  return ((hour % 24) + 24) % 24;
}
