import { median } from '../statistics/median.ts';
import { fractionOfHour, hourOf } from './calendar.ts';
import { type FlatState, layOut } from './flat-state.ts';

const hoursADay = 24;
const hoursAWeek = 168;
/** Two weeks, and one hour more to each side for the neighbours between which a line is drawn. */
const memoryHours = 2 * hoursAWeek + 2;
/** The most samples of an hour that its median is taken of; beyond it, every second is dropped. */
const mostKept = 24;
const phaseRate = 0.1;

/**
 * What a series shows by hour of the day and of the week: the medians of the last two weeks' hours, and the hour that is
 * being watched now. NaN where nothing was observed.
 *
 * `hours` is a ring by hour since the epoch, `hour` the one that is watched. `phase` is where in the hour the samples
 * lie on average, 0 to 1: hourly samples at its begin, frequent ones near 0.5. `kept` are the samples of this hour, of
 * many each `stride`-th. `nodes` are what the previous, this and the next hour should show, `days` on how many of the
 * last seven days this hour was observed, `weekly` whether this hour of the week differs from other days'.
 */
const { at, length } = layOut({
  hours: memoryHours,
  hour: 1,
  phase: 1,
  samples: 1,
  phaseSum: 1,
  stride: 1,
  keptCount: 1,
  kept: mostKept,
  nodes: 3,
  days: 1,
  weekly: 1,
});
export const profileLength = length;

/** Makes a profile that knows nothing and watches the hour of `timeMs`. */
export function initProfile(state: FlatState, profile: number, timeMs: number): void {
  state.fill(0, profile, profile + length);
  state.fill(Number.NaN, profile + at.hours, profile + at.hours + memoryHours);
  state.fill(Number.NaN, profile + at.nodes, profile + at.nodes + 3);
  state[profile + at.hour] = hourOf(timeMs);
  state[profile + at.phase] = 0.5;
  state[profile + at.stride] = 1;
}

/** The hour that is watched, since the epoch. */
export function watchedHour(state: FlatState, profile: number): number {
  return state[profile + at.hour]!;
}

/** On how many of the last seven days this hour was observed. */
export function daysKnown(state: FlatState, profile: number): number {
  return state[profile + at.days]!;
}

/** Whether what is expected of this hour is that of its weekday. */
export function isOfWeekday(state: FlatState, profile: number): boolean {
  return state[profile + at.weekly] === 1;
}

/** Adds a sample to the hour that is being watched. Keeps few of many, evenly spread. */
export function observe(state: FlatState, profile: number, timeMs: number, value: number): void {
  state[profile + at.phaseSum]! += fractionOfHour(timeMs);
  const before = state[profile + at.samples]!;
  state[profile + at.samples] = before + 1;
  if (before % state[profile + at.stride]! !== 0) return;
  const count = state[profile + at.keptCount]!;
  state[profile + at.kept + count] = value;
  state[profile + at.keptCount] = count + 1;
  if (count + 1 < mostKept) return;
  for (let i = 0; i < mostKept / 2; i++) state[profile + at.kept + i] = state[profile + at.kept + 2 * i]!;
  state[profile + at.keptCount] = mostKept / 2;
  state[profile + at.stride]! *= 2;
}

/** Remembers the hour that was watched, and watches `hour` from now on. */
export function turnTo(state: FlatState, profile: number, hour: number): void {
  const watched = state[profile + at.hour]!;
  const kept = state.subarray(profile + at.kept, profile + at.kept + state[profile + at.keptCount]!);
  state[placeOf(profile, watched)] = median(kept);
  const skipped = Math.min(hour - watched - 1, memoryHours);
  for (let i = 1; i <= skipped; i++) state[placeOf(profile, watched + i)] = Number.NaN;
  const phase = state[profile + at.phase]!;
  const samples = state[profile + at.samples]!;
  state[profile + at.phase] = phase + phaseRate * (state[profile + at.phaseSum]! / samples - phase);
  state[profile + at.hour] = hour;
  state[profile + at.samples] = 0;
  state[profile + at.phaseSum] = 0;
  state[profile + at.stride] = 1;
  state[profile + at.keptCount] = 0;
  placeNodes(state, profile);
}

/** What the profile expects at a time in the hour that it watches; NaN when it does not know this hour. */
export function expectAt(state: FlatState, profile: number, timeMs: number): number {
  const here = state[profile + at.nodes + 1]!;
  const offset = fractionOfHour(timeMs) - state[profile + at.phase]!;
  const neighbour = state[profile + at.nodes + (offset < 0 ? 0 : 2)]!;
  return Number.isNaN(neighbour) ? here : here + (neighbour - here) * Math.abs(offset);
}

/** By how much the profile changes from this hour to a neighbour that it knows, whichever is more. */
export function steepestStep(state: FlatState, profile: number): number {
  const here = state[profile + at.nodes + 1]!;
  const before = Math.abs(state[profile + at.nodes]! - here);
  const after = Math.abs(state[profile + at.nodes + 2]! - here);
  return Math.max(Number.isNaN(before) ? 0 : before, Number.isNaN(after) ? 0 : after);
}

/** Moves all that is older than a day by `offset`: the level has shifted a day ago, the shape stays. */
export function shiftHistory(state: FlatState, profile: number, offset: number): void {
  const hour = state[profile + at.hour]!;
  for (let age = hoursADay + 1; age < memoryHours; age++) {
    state[placeOf(profile, hour - age)]! += offset;
  }
  placeNodes(state, profile);
}

function placeNodes(state: FlatState, profile: number): void {
  const hour = state[profile + at.hour]!;
  for (let i = 0; i < 3; i++) {
    const { daily, weekly } = levelOf(state, profile, hour + i - 1);
    state[profile + at.nodes + i] = daily + weekly;
    if (i === 1) state[profile + at.weekly] = Number(weekly !== 0);
  }
  let days = 0;
  for (let day = 1; day <= 7; day++) days += Number(!Number.isNaN(observedAt(state, profile, hour - day * hoursADay)));
  state[profile + at.days] = days;
}

const lastDays = new Float64Array(7);

/**
 * The median of the same hour on the last seven days, and what this weekday did differently in both of the last two
 * weeks: the smaller of the two differences when they agree in sign, else nothing. One odd day moves neither part.
 */
function levelOf(state: FlatState, profile: number, hour: number): { daily: number; weekly: number } {
  for (let day = 0; day < 7; day++) lastDays[day] = observedAt(state, profile, hour - (day + 1) * hoursADay);
  const daily = median(lastDays);
  const lastWeek = observedAt(state, profile, hour - hoursAWeek) - daily;
  const weekBefore = observedAt(state, profile, hour - 2 * hoursAWeek) - daily;
  const agree = lastWeek * weekBefore > 0;
  return { daily, weekly: agree ? Math.sign(lastWeek) * Math.min(Math.abs(lastWeek), Math.abs(weekBefore)) : 0 };
}

function observedAt(state: FlatState, profile: number, hour: number): number {
  return state[placeOf(profile, hour)]!;
}

function placeOf(profile: number, hour: number): number {
  return profile + at.hours + (((hour % memoryHours) + memoryHours) % memoryHours);
}
