import { enterAlarm, payBudget } from './alarm-budget.ts';
import { hourMs, hourOf, quarterDayOf } from './calendar.ts';
import { type Detector, defaultDetectorSettings, type LevelShift, type Verdict } from './detector.ts';
import { type EdgeOptions, edgeLength, edgeOf, endEdgeNewcomersHour, endEdgeQuarterDay, learnEdge } from './edge.ts';
import { type FlatState, layOut } from './flat-state.ts';
import { isNew } from './novelty.ts';
import { phraseReason } from './reason.ts';
import {
  type Band,
  bandSigmas,
  endBandNewcomersHour,
  endBandQuarterDay,
  initBand,
  learnBand,
  newcomerWidening,
  predictBand,
  seasonalBandLength,
  startBand,
  turnBandTo,
} from './seasonal-band.ts';

/** What maturity 1 takes. */
const matureSamples = 300;
const matureHours = 168;
const leastMaturity = 0.1;
/** So long every hour counts as an incident of its own for what was reached twice. */
const newcomerHours = 24;
/** An alarm of a newcomer takes so many times more than one of a mature series, less as it matures: there is too little to compare with. */
const newcomerCaution = 2;
/** In so many hours of quiet the bar halves that a score after an alarm must pass, and in so many more for a newcomer. */
const quietHours = 1;
const newcomerQuietHours = 12;
/** Beyond this a value says no more: its square is still a number in single precision. */
const largestValue = 1e18;
/** Beyond this a score says no more. */
const highestScore = 1000;
/** From here on a score is worth a look, and told apart from what goes on. */
const noticeable = 0.8;
/** What goes on scores at most this. */
const ongoingScore = 0.7;
/** What one edge of each view is worth: an alarm takes more than a place just outside. */
const seasonWeight = 0.8;
const jumpWeight = 0.64;
const meanWeight = 0.64;
/** The time constant of the mean of the residuals. */
const meanHours = 1;
/** An hour is told of while its residuals go on: while the last is on the same side and at least this share of the mean. */
const stillThere = 0.5;
/** The distance from the recent level, and the mean of the last hour's residuals. */
const jumpEdge: EdgeOptions = { distances: 8, beyondReach: 1.25 };
const meanEdge: EdgeOptions = { distances: 6, beyondReach: 1.25 };
/** The mean of an hour's residuals must move by so many least sigmas. */
const meanLeastSigmas = 2;

const { at, length } = layOut({
  band: seasonalBandLength,
  samples: 1,
  /** The time that the samples cover; a gap counts one hour at most. */
  observedHours: 1,
  /** When the last sample was: the hour since the epoch, and milliseconds into it. */
  lastHour: 1,
  lastOffsetMs: 1,
  /** The mean of the residuals of the last hour or so. */
  mean: 1,
  jumpAbove: edgeLength,
  jumpBelow: edgeLength,
  meanAbove: edgeLength,
  meanBelow: edgeLength,
  newAlarm: 1,
  newTold: 1,
  newNotice: 1,
  owed: 1,
});
const edges = [at.jumpAbove, at.jumpBelow, at.meanAbove, at.meanBelow];

/**
 * Three views of a series behind one score; the one that finds it strangest speaks.
 *
 * - *The season*: the distance from what this hour of the day and of the week shows (`seasonal-band.ts`).
 * - *The jump*: the distance from the level of the last hours, for series that have no season.
 * - *The hour*: the mean of the last hour's residuals from a known season, for what is too small to be seen in one sample: a drift, a day
 *   that is missing, a spike that came again and again.
 *
 * Each is measured against an edge of its own: so many robust deviations, and beyond what was reached twice lately, so
 * that what happens once is an anomaly and what happens twice is a habit. The score is the distance in edges, up to
 * 1000. A series that alarms more often than `alarmsPerSeriesPerWeek` gets wider edges until it does not
 * (`alarm-budget.ts`), and a newcomer needs up to three times as much for an alarm. What goes on is not new: after an alarm, the score stays at 0.7 until it is three times as bad or
 * an hour or more of quiet has passed (`novelty.ts`).
 *
 * Points outside of an edge move neither the season nor the level beyond it. A level that holds outside of the band is
 * accepted after 24 to 30 hours, and told (`acceptedShift`). Maturity takes 300 samples and 7 days. It is not told the
 * step; it was measured on steps from 10 s to 1 h. Time and memory a sample are constant.
 */
export const composite: Detector & { readonly id: 'composite' } = {
  id: 'composite',
  stateLength: length,
  stateVersion: 3,

  init(state, { isCount } = { isCount: false }) {
    state.fill(0);
    initBand(state, at.band, isCount);
  },

  update(state, timeMs, unbounded, { alarmsPerSeriesPerWeek, thresholdFactor = 1 } = defaultDetectorSettings) {
    const value = Math.max(-largestValue, Math.min(largestValue, unbounded));
    const { gapHours, acceptedShift } = turnClock(state, timeMs, value);
    const elapsedHours = Math.min(1, gapHours);
    const samples = state[at.samples]!;
    const maturity = Math.min(1, samples / matureSamples, state[at.observedHours]! / matureHours);
    const band = predictBand(state, at.band, timeMs, maturity);
    const caution = 1 + newcomerCaution * (1 - maturity) ** 2;
    const wider = caution * payBudget(state, at.owed, alarmsPerSeriesPerWeek, gapHours);
    const views = look(state, band, value, gapHours, maturity);

    const raw = Math.min(highestScore, views.worst);
    const score = scoreNovelty(state, { raw, wider, factor: thresholdFactor, maturity }, gapHours);
    state[at.samples] = samples + 1;
    state[at.observedHours]! += elapsedHours;
    learnEdges(state, views, samples + 1, elapsedHours);
    learnBand(state, at.band, band, timeMs, value, samples + 1, elapsedHours);
    return toVerdict(band, views, value, score, wider * Math.min(1, thresholdFactor), maturity, acceptedShift);
  },
};

/** Ends the hours and quarter-days that have passed since the last sample, and remembers when this one was. */
function turnClock(
  state: FlatState,
  timeMs: number,
  value: number,
): { gapHours: number; acceptedShift: LevelShift | null } {
  const hour = hourOf(timeMs);
  if (state[at.samples] === 0) {
    startBand(state, at.band, timeMs, value);
    state[at.lastHour] = hour;
    state[at.lastOffsetMs] = timeMs - hour * hourMs;
  }
  const lastHour = state[at.lastHour]!;
  const gapHours = (timeMs - lastHour * hourMs - state[at.lastOffsetMs]!) / hourMs;
  let acceptedShift: LevelShift | null = null;
  if (hour !== lastHour) {
    if (state[at.observedHours]! < newcomerHours) {
      endBandNewcomersHour(state, at.band);
      for (const edge of edges) endEdgeNewcomersHour(state, edge);
    }
    if (quarterDayOf(hour) !== quarterDayOf(lastHour)) {
      acceptedShift = endBandQuarterDay(state, at.band);
      for (const edge of edges) endEdgeQuarterDay(state, edge);
    }
    turnBandTo(state, at.band, hour);
    state[at.lastHour] = hour;
  }
  state[at.lastOffsetMs] = timeMs - hour * hourMs;
  return { gapHours, acceptedShift };
}

/** How far a sample lies from what each view expects, and from its edge on that side. */
interface Views {
  residual: number;
  jump: number;
  jumpEdge: number;
  mean: number;
  meanEdge: number;
  /** The farthest, in edges, and which view it was. */
  worst: number;
  speaker: 'season' | 'jump' | 'hour';
}

function look(state: FlatState, band: Band, value: number, gapHours: number, maturity: number): Views {
  const elapsedHours = Math.min(1, gapHours);
  const newcomer = 1 + newcomerWidening * (1 - maturity);
  const residual = value - band.expected;
  const season = (seasonWeight * Math.abs(residual)) / (residual >= 0 ? band.above : band.below);
  const jump = gapHours > 1 ? 0 : value - band.level;
  const leastJump = bandSigmas * band.leastSigma;
  const edgeOfJump = edgeOf(state, jump >= 0 ? at.jumpAbove : at.jumpBelow, jumpEdge, leastJump);

  const halfBand = (band.above + Math.min(band.below, band.expected - band.floor)) / 2;
  const clipped = Math.max(-halfBand, Math.min(halfBand, residual));
  const before = state[at.mean]!;
  const mean = before + (elapsedHours / (meanHours + elapsedHours)) * (clipped - before);
  const leastMean = meanLeastSigmas * band.leastSigma;
  const edgeOfMean = edgeOf(state, mean >= 0 ? at.meanAbove : at.meanBelow, meanEdge, leastMean);

  const goesOn = residual * mean > 0 && Math.abs(residual) > stillThere * Math.abs(mean);
  const [inJumps, inMeans] = [
    (jumpWeight * Math.abs(jump)) / edgeOfJump,
    band.isSeasonal && goesOn ? (meanWeight * Math.abs(mean)) / (newcomer * edgeOfMean) : 0,
  ];
  const worst = Math.max(season, inJumps, inMeans);
  const speaker = worst === season ? 'season' : worst === inJumps ? 'jump' : 'hour';
  return { residual, jump, jumpEdge: edgeOfJump, mean, meanEdge: edgeOfMean, worst, speaker };
}

function learnEdges(state: FlatState, views: Views, samples: number, elapsedHours: number): void {
  const { jump, mean } = views;
  const jumped = Math.abs(jump) > views.jumpEdge;
  learnEdge(state, at.jumpAbove, Math.max(0, jump), samples, elapsedHours, jumped && jump > 0);
  learnEdge(state, at.jumpBelow, Math.max(0, -jump), samples, elapsedHours, jumped && jump < 0);
  const moved = Math.abs(mean) > views.meanEdge;
  learnEdge(state, at.meanAbove, Math.max(0, mean), samples, elapsedHours, moved && mean > 0);
  learnEdge(state, at.meanBelow, Math.max(0, -mean), samples, elapsedHours, moved && mean < 0);
  state[at.mean] = mean;
}

interface Novelty {
  raw: number;
  wider: number;
  factor: number;
  maturity: number;
}

/** The score as it is told: in full while it is new, and held back while it goes on. Enters what is an alarm into the budget. */
function scoreNovelty(state: FlatState, { raw, wider, factor, maturity }: Novelty, gapHours: number): number {
  const score = raw / wider;
  const halfLifeHours = quietHours + newcomerQuietHours * (1 - maturity) ** 2;
  const isAlarm = isNew(state, at.newAlarm, score, 1, gapHours, halfLifeHours);
  const isTold = isToldNew(state, score, factor, gapHours, halfLifeHours);
  const isNotice = isNew(state, at.newNotice, raw, noticeable, gapHours, quietHours);
  if (maturity < leastMaturity) return 0;
  if (isAlarm || (isTold && factor < 1)) enterAlarm(state, at.owed);
  if (isAlarm || isTold) return score / Math.min(1, factor);
  return Math.min(isNotice ? 1 : ongoingScore, isNotice ? raw : score);
}

/** Whether a score passes the threshold that people have made of it, and is new to those who were told of what passed it before. */
function isToldNew(state: FlatState, score: number, factor: number, gapHours: number, halfLifeHours: number): boolean {
  if (factor !== 1) return isNew(state, at.newTold, score, factor, gapHours, halfLifeHours);
  state[at.newTold] = 0;
  return false;
}

function toVerdict(
  band: Band,
  views: Views,
  value: number,
  score: number,
  wider: number,
  maturity: number,
  acceptedShift: LevelShift | null,
): Verdict {
  const { expected, floor, above, below } = band;
  return {
    score,
    expected,
    lower: Math.max(floor, expected - (wider / seasonWeight) * below),
    upper: expected + (wider / seasonWeight) * above,
    maturity,
    reason: score > 1 ? phrase(band, views, value) : '',
    acceptedShift,
  };
}

function phrase(band: Band, { speaker, mean }: Views, value: number): string {
  const { expected, level, hourOfDay, isSeasonal, weekday } = band;
  if (speaker === 'jump') return phraseReason(value, level, {});
  const hour = isSeasonal ? { hourOfDay } : {};
  if (speaker === 'hour') return `for an hour ${phraseReason(expected + mean, expected, hour)}`;
  return phraseReason(value, expected, weekday >= 0 ? { hourOfDay, weekday } : hour);
}
