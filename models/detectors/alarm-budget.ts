import { type FlatState, layOut } from './flat-state.ts';

/** Of the alarms that a series is given, this share is for what stands alone, the rest for what lasts. */
const shareOfBlips = 0.6;
/** Alarms of what lasts: so many are free for a series that was quiet, and each beyond widens by so much (of the logarithm). */
const freeAlarms = 2;
const wideningPerAlarm = 1;
/** Alarms of what stands alone widen from the first on. */
const wideningPerBlip = 0.2;
/** Either widens up to the tenfold. */
const mostAlarms = freeAlarms + Math.log(10) / wideningPerAlarm;
const mostBlips = Math.log(10) / wideningPerBlip;
const hoursAWeek = 168;

/**
 * Keeps a series to a number of alarms a week: each alarm is entered, the budget is paid off as time goes by, and what
 * is owed widens the edges. It is the step of adaptive conformal inference, whose long-run rate is the one that was
 * asked for whatever the distribution (I. Gibbs, E. Candès, Adaptive conformal inference under distribution shift, 2021),
 * but that edges never become narrower than they were made.
 *
 * There are two accounts, for noise with heavy tails alarms by single samples, and real trouble lasts: a series that
 * spent its budget on blips still tells of what goes on for two samples. An alarm is entered as a blip until the next
 * sample shows that it lasts. It begins with zeros.
 */
const { at, length } = layOut({ lasting: 1, blips: 1, lastWasBlip: 1 });
export const alarmBudgetLength = length;

export interface Allowance {
  /** Factors by which the edges are wider, 1 or more: for what lasts, and for a sample that stands alone. */
  lastingWider: number;
  blipWider: number;
  /** How much of a habit blips are, 0 to 1: whether one was told that is not paid off. */
  blipHabit: number;
}

/** Filled anew for each sample: what lives for one sample only would keep the garbage collector busy. */
const allowance: Allowance = { lastingWider: 1.5, blipWider: 1.5, blipHabit: 0.5 };

/** Pays off what time allows, and tells what is allowed now; the answer is valid until the next. */
export function payBudget(state: FlatState, budget: number, alarmsPerWeek: number, elapsedHours: number): Allowance {
  const paid = (alarmsPerWeek * elapsedHours) / hoursAWeek;
  const lasting = Math.max(0, state[budget + at.lasting]! - (1 - shareOfBlips) * paid);
  const blips = Math.max(0, state[budget + at.blips]! - shareOfBlips * paid);
  state[budget + at.lasting] = lasting;
  state[budget + at.blips] = blips;
  allowance.lastingWider = lasting <= freeAlarms ? 1 : Math.exp(wideningPerAlarm * (lasting - freeAlarms));
  allowance.blipWider = blips === 0 ? 1 : Math.exp(wideningPerBlip * blips);
  allowance.blipHabit = Math.min(1, blips);
  return allowance;
}

/** Enters what became of a sample: an alarm or none, of something that lasts or of something that stands alone. */
export function enterSample(state: FlatState, budget: number, isAlarm: boolean, lasts: boolean): void {
  const isConfirmed = lasts && state[budget + at.lastWasBlip] === 1;
  if (isConfirmed) state[budget + at.blips] = Math.max(0, state[budget + at.blips]! - 1);
  if (isConfirmed || (isAlarm && lasts))
    state[budget + at.lasting] = Math.min(mostAlarms, state[budget + at.lasting]! + 1);
  if (isAlarm && !lasts) state[budget + at.blips] = Math.min(mostBlips, state[budget + at.blips]! + 1);
  state[budget + at.lastWasBlip] = Number(isAlarm && !lasts);
}
