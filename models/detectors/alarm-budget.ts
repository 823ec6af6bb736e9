import type { FlatState } from './flat-state.ts';

/** A series that was quiet may alarm so often before its edges move. */
const freeAlarms = 3;
/** Each alarm beyond the budget widens by this share (of the logarithm); */
const wideningPerAlarm = 0.3;
/** up to the tenfold. */
const mostAlarms = freeAlarms + Math.log(10) / wideningPerAlarm;
const hoursAWeek = 168;

/**
 * Keeps a series to a number of alarms a week: each alarm is entered, the budget is paid off as time goes by, and what
 * is owed beyond a few alarms widens the edges. It is the step of adaptive conformal inference, whose long-run rate is
 * the one that was asked for whatever the distribution (I. Gibbs, E. Candès, Adaptive conformal inference under
 * distribution shift, 2021), but that edges never become narrower than they were made. One number of a state, 0 to
 * begin with: the alarms that are not paid off.
 *
 * @returns the factor by which the edges are wider, 1 or more
 */
export function payBudget(state: FlatState, owed: number, alarmsPerWeek: number, elapsedHours: number): number {
  const left = Math.max(0, state[owed]! - (alarmsPerWeek * elapsedHours) / hoursAWeek);
  state[owed] = left;
  return left <= freeAlarms ? 1 : Math.exp(wideningPerAlarm * (left - freeAlarms));
}

export function enterAlarm(state: FlatState, owed: number): void {
  state[owed] = Math.min(mostAlarms, state[owed]! + 1);
}
