import { type Allowance, alarmBudgetLength, enterSample, payBudget } from './alarm-budget.ts';
import { hourMs, hourOf, quarterDayOf } from './calendar.ts';
import {
  type Detector,
  type DetectorSettings,
  defaultDetectorSettings,
  type LevelShift,
  type Verdict,
} from './detector.ts';
import { type FlatState, layOut } from './flat-state.ts';
import { isNew } from './novelty.ts';
import { phraseReason } from './reason.ts';
import {
  type Band,
  endBandNewcomersHour,
  endBandQuarterDay,
  initBand,
  learnBand,
  predictBand,
  seasonalBandLength,
  startBand,
  turnBandTo,
} from './seasonal-band.ts';
import {
  endViewsNewcomersHour,
  endViewsQuarterDay,
  learnViews,
  look,
  seasonWeight,
  type Views,
  viewsLength,
} from './views.ts';

/** What maturity 1 takes. */
const matureSamples = 300;
const hoursAWeek = 168;
const matureHours = hoursAWeek;
const leastMaturity = 0.1;
/** So long every hour counts as an incident of its own for what was reached twice. */
const newcomerHours = 24;
/** An alarm of a newcomer takes so many times more than one of a mature series: there is too little to compare with. */
const newcomerCaution = 2;
/** A series is a newcomer until it has lived for the time in which its setting allows so many alarms. */
const newcomersAlarms = 0.5;
/**
 * A setting of half as many alarms makes the edges wider by this power of two, within bounds: of tails as heavy as those
 * of Student's distribution of four degrees, half as much lies beyond.
 */
const widthBySetting = 0.25;
const [narrowest, widest] = [0.7, 2];
/** In so many hours of quiet the bar halves that a score after an alarm must pass, and in so many more for a newcomer. */
const quietHours = 1;
const newcomerQuietHours = 12;
/** Beyond this a value says no more: its square is still a number in single precision. */
const largestValue = 1e18;
/** Beyond this a score says no more; */
const highestScore = 1000;
/** nor beyond this where all was 0 for ever, for there is no unit to measure by. */
const highestUnmeasured = 4;
/** From here on a score is worth a look, and told apart from what goes on. */
const noticeable = 0.8;
/** What goes on scores at most this. */
const ongoingScore = 0.7;
/** What was told alone is found to last by a sample after it at this share of the edge. */
const confirming = 0.8;

const { at, length } = layOut({
  band: seasonalBandLength,
  samples: 1,
  /** The time that the samples cover; a gap counts one hour at most. */
  observedHours: 1,
  /** When the last sample was: the hour since the epoch, and milliseconds into it. */
  lastHour: 1,
  lastOffsetMs: 1,
  views: viewsLength,
  newAlarm: 1,
  newTold: 1,
  newNotice: 1,
  budget: alarmBudgetLength,
});

/**
 * Three views of a series behind one score; the one that finds it strangest speaks (`views.ts`).
 *
 * - *The season*: the distance from what this hour of the day and of the week shows (`seasonal-band.ts`).
 * - *The jump*: the distance from the level of the last hours, for series that have no season.
 * - *The hour*: the mean of the last hour's residuals from a known season, for what is too small to be seen in one sample: a drift, a day
 *   that is missing, a spike that came again and again.
 *
 * Each is measured against an edge of its own: so many robust deviations, and beyond what was reached twice lately, so
 * that what happens once is an anomaly and what happens twice is a habit. The score is the distance in edges, up to 1000.
 *
 * How many alarms a week a series may give, `alarmsPerSeriesPerWeek`, moves the edges: a series that alarms more often
 * gets wider ones until it does not (`alarm-budget.ts`), by what lasts for two samples and by what stands alone in accounts
 * of their own. Where single samples were told lately, the next one alone must go beyond the farthest of them. A newcomer
 * needs up to three times as much for an alarm. What goes on is not new: after an alarm, the score stays at 0.7 until it is
 * three times as bad or an hour or more of quiet has passed (`novelty.ts`).
 *
 * Points outside of an edge move neither the season nor the level beyond it. A level that holds outside of the band is
 * accepted after 24 to 30 hours, and told (`acceptedShift`). Maturity takes 300 samples and 7 days. It is not told the
 * step; it was measured on steps from 10 s to 1 h. Time and memory a sample are constant.
 */
export const composite: Detector & { readonly id: 'composite' } = {
  id: 'composite',
  stateLength: length,
  stateVersion: 4,

  init(state, { isCount } = { isCount: false }) {
    state.fill(0);
    initBand(state, at.band, isCount);
  },

  update(state, timeMs, unbounded, settings = defaultDetectorSettings) {
    const value = Math.max(-largestValue, Math.min(largestValue, unbounded));
    const { gapHours, acceptedShift } = turnClock(state, timeMs, value);
    const elapsedHours = Math.min(1, gapHours);
    const samples = state[at.samples]! + 1;
    const maturity = Math.min(1, state[at.samples]! / matureSamples, state[at.observedHours]! / matureHours);
    const caution = cautionOf(state, settings);
    const allowance = payBudget(state, at.budget, settings.alarmsPerSeriesPerWeek, gapHours);
    const band = predictBand(state, at.band, timeMs, maturity);
    const views = look(state, at.views, band, value, gapHours, maturity, allowance.blipHabit);

    const factor = settings.thresholdFactor ?? 1;
    const score = scoreNovelty(
      state,
      { views, isMeasured: !band.wasAlwaysZero, caution, allowance, factor, maturity },
      gapHours,
    );
    state[at.samples] = samples;
    state[at.observedHours]! += elapsedHours;
    learnViews(state, at.views, views, samples, elapsedHours);
    learnBand(state, at.band, band, timeMs, value, samples, elapsedHours, views);
    const wider = caution * allowance.lastingWider * Math.min(1, factor);
    return toVerdict(band, views, value, score, wider, maturity, acceptedShift);
  },
};

/** The factor by which an alarm takes more than an edge: for a newcomer, and by the setting. */
function cautionOf(state: FlatState, { alarmsPerSeriesPerWeek }: DetectorSettings): number {
  const allowed = (alarmsPerSeriesPerWeek * state[at.observedHours]!) / hoursAWeek;
  const known = Math.min(1, state[at.samples]! / matureSamples, allowed / newcomersAlarms);
  const ratio = defaultDetectorSettings.alarmsPerSeriesPerWeek / alarmsPerSeriesPerWeek;
  const bySetting = ratio === 1 ? 1 : Math.max(narrowest, Math.min(widest, ratio ** widthBySetting));
  return bySetting * (1 + newcomerCaution * (1 - known) ** 2);
}

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
      endViewsNewcomersHour(state, at.views);
    }
    if (quarterDayOf(hour) !== quarterDayOf(lastHour)) {
      acceptedShift = endBandQuarterDay(state, at.band);
      endViewsQuarterDay(state, at.views);
    }
    turnBandTo(state, at.band, hour);
    state[at.lastHour] = hour;
  }
  state[at.lastOffsetMs] = timeMs - hour * hourMs;
  return { gapHours, acceptedShift };
}

interface Novelty {
  views: Views;
  isMeasured: boolean;
  caution: number;
  allowance: Allowance;
  factor: number;
  maturity: number;
}

/** The score as it is told: in full while it is new, and held back while it goes on. Enters what is an alarm into the budget. */
function scoreNovelty(
  state: FlatState,
  { views, isMeasured, caution, allowance, factor, maturity }: Novelty,
  gapHours: number,
): number {
  const highest = isMeasured ? highestScore : highestUnmeasured;
  const raw = Math.min(highest, views.alone);
  const lasting = Math.min(highest, views.lasting) / (caution * allowance.lastingWider);
  const score = Math.max(lasting, Math.min(highest, views.blip) / (caution * allowance.blipWider));
  const halfLifeHours = quietHours + newcomerQuietHours * (1 - maturity) ** 2;
  const isAlarm = isNew(state, at.newAlarm, score, 1, gapHours, halfLifeHours);
  const isTold = isToldNew(state, score, factor, gapHours, halfLifeHours);
  const isNotice = isNew(state, at.newNotice, raw, noticeable, gapHours, quietHours);
  if (maturity < leastMaturity) return 0;
  const isEntered = isAlarm || (isTold && factor < 1);
  enterSample(state, at.budget, isEntered, lasting > confirming * Math.min(1, factor));
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
