import { blockMs, dayMs, hourMs, hourOf } from './calendar.ts';
import type { Detector, Verdict } from './detector.ts';
import { createHourlyProfile, expectAt, type HourlyProfile, observe, shiftHistory, turnTo } from './hourly-profile.ts';
import { createLevelShift, endQuarterDay, type LevelShift, noteResidual } from './level-shift.ts';
import { closeBlock, closeHour, createReach, dropBlock, noteDistance, type Reach, reachedTwice } from './reach.ts';
import { phraseReason } from './reason.ts';

/** The edge of the band, in robust standard deviations; about one normal sample in two million lies beyond. */
const bandSigmas = 5;
/** The edge lies this far beyond what was reached twice. */
const beyondReach = 1.25;
/** A newcomer's band is wider by this share. */
const newcomerWidening = 0.5;
/** What maturity 1 takes, and how many samples the scale follows without a limit. */
const matureSamples = 300;
const matureMs = 7 * dayMs;
const leastMaturity = 0.1;
const unclippedSamples = 30;
/** A residual teaches the scale at most this many mean residuals. */
const scaleClip = 3;
/** The mean absolute deviation of normal data, times this, is its standard deviation. */
const deviationToSigma = Math.sqrt(Math.PI / 2);
/** The least sigma, as a share of the level: a series that never changed may change by 1 %. */
const leastSigmaShare = 0.002;
const leastSigma = 1e-9;
/** Time constants: two thirds of a change are taken over in this time. */
const levelMs = 3 * hourMs;
const adjustmentMs = 12 * hourMs;
const scaleMs = dayMs;
const hourScaleMs = 5 * hourMs;
/** Beyond this a score says no more. */
const highestScore = 1000;

export interface SeasonalBandState {
  samples: number;
  /** The time that the samples cover; a gap counts one hour at most. */
  observedMs: number;
  lastMs: number;
  /** Whether no value was ever below 0: then nothing below 0 is expected. */
  isNonNegative: boolean;
  isCount: boolean;
  /** The recent level; it stands in while the profile does not know the hour. */
  level: number;
  /** How far the last hours lay from the profile. */
  adjustment: number;
  /** The mean absolute residual, at any time and by hour of the day (0 until the profile knows the hour). */
  scale: number;
  scaleByHour: number[];
  /** Null until the first sample. */
  profile: HourlyProfile | null;
  above: Reach;
  below: Reach;
  shift: LevelShift;
}

/**
 * A band around what the series shows at this hour of the day and of the week.
 *
 * *Expected* is the median of this hour on the last seven days, corrected by what this weekday did in both of the last
 * two weeks and by how the last 12 hours went, on a line between the middles of the hours. On the first day it is the
 * recent level.
 * *The band* is 5 robust sigmas wide to each side, learned from clipped residuals that were measured before the profile
 * knew the sample, by hour of the day; and 1.25 times what the series reached, on that side, in two separate incidents
 * of the last two weeks or so. A sigma of counts is at least the root of what is expected (Poisson). The score is the distance in half-widths of the band, up to 1000.
 *
 * What happens once is an anomaly; what happens twice at the same hour is a habit. A level that holds outside of the
 * band is accepted after 24 to 30 hours. Maturity takes 300 samples and 7 days. It is not told the step; it was
 * measured on steps from 10 s to 1 h. State: some 5 KB of JSON; time and memory a sample are constant.
 */
export const seasonalBand: Detector<SeasonalBandState> & { readonly id: 'seasonal-band' } = {
  id: 'seasonal-band',
  init: ({ isCount } = { isCount: false }) => ({
    samples: 0,
    observedMs: 0,
    lastMs: 0,
    isNonNegative: true,
    isCount,
    level: 0,
    adjustment: 0,
    scale: 0,
    scaleByHour: new Array<number>(24).fill(0),
    profile: null,
    above: createReach(),
    below: createReach(),
    shift: createLevelShift(),
  }),

  update(state, timeMs, value) {
    const profile = turnClock(state, timeMs, value);
    const band = predict(state, profile, timeMs);
    const residual = value - band.expected;
    const distance = Math.abs(residual) / (residual >= 0 ? band.above : band.below);
    const score = band.maturity < leastMaturity ? 0 : Math.min(highestScore, distance);
    learn(state, profile, band, timeMs, value);
    return toVerdict(band, value, score);
  },
};

/** What is expected of a sample before it is seen. `above` and `below` are half-widths, greater than 0. */
interface Band {
  expected: number;
  /** The least value that the series can have. */
  floor: number;
  above: number;
  below: number;
  /** The mean absolute residual that the band is made of. */
  scale: number;
  maturity: number;
  hourOfDay: number;
  /** Whether the profile knows the hour. */
  isSeasonal: boolean;
}

/** Ends the hours and quarter-days that have passed since the last sample. */
function turnClock(state: SeasonalBandState, timeMs: number, value: number): HourlyProfile {
  if (state.profile === null) {
    state.profile = createHourlyProfile(timeMs);
    state.level = value;
    state.lastMs = timeMs;
  }
  const { profile } = state;
  if (Math.floor(timeMs / blockMs) !== Math.floor(state.lastMs / blockMs)) endBlock(state, profile);
  if (hourOf(timeMs) !== profile.hour) {
    const hourOfDay = profile.hour % 24;
    closeHour(state.above, hourOfDay);
    closeHour(state.below, hourOfDay);
    turnTo(profile, hourOf(timeMs));
  }
  return profile;
}

function endBlock(state: SeasonalBandState, profile: HourlyProfile): void {
  const { isOutside, accepted } = endQuarterDay(state.shift);
  for (const reach of [state.above, state.below]) {
    if (isOutside) dropBlock(reach);
    else closeBlock(reach);
  }
  if (accepted === 0) return;
  shiftHistory(profile, accepted);
  state.level += accepted;
}

function predict(state: SeasonalBandState, profile: HourlyProfile, timeMs: number): Band {
  const hourOfDay = profile.hour % 24;
  const maturity = Math.min(1, state.samples / matureSamples, state.observedMs / matureMs);
  const seasonal = expectAt(profile, timeMs);
  const floor = state.isNonNegative ? 0 : Number.NEGATIVE_INFINITY;
  const expected = Math.max(floor, seasonal === null ? state.level : seasonal + state.adjustment);

  const known = state.scaleByHour[hourOfDay]! > 0 ? profile.days : 0;
  const scale = (state.scale + known * state.scaleByHour[hourOfDay]!) / (1 + known);
  const chance = state.isCount ? Math.sqrt(Math.max(1, expected)) : leastSigma;
  const sigma = Math.max(scale * deviationToSigma, leastSigmaShare * Math.abs(expected), chance);
  const noise = bandSigmas * sigma * (1 + newcomerWidening * (1 - maturity));
  const halfWidth = (reach: Reach) => Math.max(noise, beyondReach * reachedTwice(reach, hourOfDay));
  return {
    expected,
    floor,
    above: halfWidth(state.above),
    below: halfWidth(state.below),
    scale,
    maturity,
    hourOfDay,
    isSeasonal: seasonal !== null,
  };
}

function learn(state: SeasonalBandState, profile: HourlyProfile, band: Band, timeMs: number, value: number): void {
  const elapsedMs = Math.min(timeMs - state.lastMs, hourMs);
  state.samples++;
  state.isNonNegative &&= value >= 0;
  state.observedMs += elapsedMs;
  state.lastMs = timeMs;

  const residual = value - band.expected;
  const side = residual > band.above ? 1 : residual < -band.below ? -1 : 0;
  learnScale(state, band, Math.abs(residual), elapsedMs);
  const step = Math.max(-band.below, Math.min(band.above, value - state.level));
  state.level += Math.max(1 / state.samples, elapsedMs / levelMs) * step;
  if (band.isSeasonal && side === 0) state.adjustment += (elapsedMs / adjustmentMs) * residual;

  noteDistance(residual >= 0 ? state.above : state.below, Math.abs(residual), side !== 0);
  noteResidual(state.shift, residual, side);
  observe(profile, timeMs, value);
}

function learnScale(state: SeasonalBandState, band: Band, distance: number, elapsedMs: number): void {
  const { hourOfDay } = band;
  const isNew = state.samples < unclippedSamples;
  const limit = scaleClip * Math.max(band.scale, state.scale);
  const rate = Math.max(1 / state.samples, elapsedMs / scaleMs);
  state.scale += rate * ((isNew ? distance : Math.min(distance, limit)) - state.scale);
  if (!band.isSeasonal) return;
  const held = state.scaleByHour[hourOfDay]!;
  const clipped = Math.min(distance, scaleClip * Math.max(band.scale, held));
  state.scaleByHour[hourOfDay] = held === 0 ? state.scale : held + (elapsedMs / hourScaleMs) * (clipped - held);
}

function toVerdict(band: Band, value: number, score: number): Verdict {
  const { expected, floor, above, below, maturity, hourOfDay, isSeasonal } = band;
  const reason = score > 1 ? phraseReason(value, expected, isSeasonal ? hourOfDay : null) : '';
  return { score, expected, lower: Math.max(floor, expected - below), upper: expected + above, maturity, reason };
}
