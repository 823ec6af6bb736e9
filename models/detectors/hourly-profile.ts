import { median } from '../statistics/median.ts';
import { fractionOfHour, hourOf } from './calendar.ts';
import { roundForStorage } from './round-for-storage.ts';

const hoursADay = 24;
const hoursAWeek = 168;
/** Two weeks, and one hour more to each side for the neighbours between which a line is drawn. */
const memoryHours = 2 * hoursAWeek + 2;
/** The most samples of an hour that its median is taken of; beyond it, every second is dropped. */
const mostKept = 24;
const phaseRate = 0.1;

/**
 * What a series shows by hour of the day and of the week: the medians of the last two weeks' hours, and the hour that is
 * being watched now.
 */
export interface HourlyProfile {
  /** A ring by hour since the epoch; null where nothing was observed. */
  hours: (number | null)[];
  /** Where in the hour the samples lie on average, 0 to 1: hourly samples at its begin, frequent ones near 0.5. */
  phase: number;
  /** The samples of this hour; of many, each `stride`-th. */
  hour: number;
  samples: number;
  phaseSum: number;
  stride: number;
  kept: number[];
  /** What the previous, this and the next hour should show; null where that is not known. */
  nodes: (number | null)[];
  /** On how many of the last seven days this hour was observed. */
  days: number;
}

/** A profile that knows nothing and watches the hour of `timeMs`. */
export function createHourlyProfile(timeMs: number): HourlyProfile {
  return {
    hours: new Array<number | null>(memoryHours).fill(null),
    phase: 0.5,
    hour: hourOf(timeMs),
    samples: 0,
    phaseSum: 0,
    stride: 1,
    kept: [],
    nodes: [null, null, null],
    days: 0,
  };
}

/** Adds a sample to the hour that is being watched. Keeps few of many, evenly spread. */
export function observe(profile: HourlyProfile, timeMs: number, value: number): void {
  profile.phaseSum += fractionOfHour(timeMs);
  if (profile.samples++ % profile.stride !== 0) return;
  profile.kept.push(value);
  if (profile.kept.length < mostKept) return;
  profile.kept = profile.kept.filter((_, i) => i % 2 === 0);
  profile.stride *= 2;
}

/** Remembers the hour that was watched, and watches `hour` from now on. */
export function turnTo(profile: HourlyProfile, hour: number): void {
  profile.hours[profile.hour % memoryHours] = roundForStorage(median(profile.kept));
  const skipped = Math.min(hour - profile.hour - 1, memoryHours);
  for (let i = 1; i <= skipped; i++) profile.hours[(profile.hour + i) % memoryHours] = null;
  profile.phase += phaseRate * (profile.phaseSum / profile.samples - profile.phase);
  Object.assign(profile, { hour, samples: 0, phaseSum: 0, stride: 1, kept: [] });
  placeNodes(profile);
}

/** What the profile expects at a time in the hour that it watches; null when it does not know this hour. */
export function expectAt({ nodes, phase }: HourlyProfile, timeMs: number): number | null {
  const [previous = null, here = null, next = null] = nodes;
  if (here === null) return null;
  const offset = fractionOfHour(timeMs) - phase;
  const neighbour = offset < 0 ? previous : next;
  return neighbour === null ? here : here + (neighbour - here) * Math.abs(offset);
}

/** Moves all that is older than a day by `offset`: the level has shifted a day ago, the shape stays. */
export function shiftHistory(profile: HourlyProfile, offset: number): void {
  for (let age = hoursADay + 1; age < memoryHours; age++) {
    const at = (profile.hour + memoryHours - age) % memoryHours;
    const value = profile.hours[at];
    if (typeof value === 'number') profile.hours[at] = roundForStorage(value + offset);
  }
  placeNodes(profile);
}

function placeNodes(profile: HourlyProfile): void {
  const { hour } = profile;
  profile.nodes = [hour - 1, hour, hour + 1].map((each) => levelOf(profile, each));
  profile.days = lastDays(profile, hour).filter(Number.isFinite).length;
}

/**
 * The median of the same hour on the last seven days, plus what this weekday did differently in both of the last two
 * weeks: the smaller of the two differences when they agree in sign, else nothing. One odd day moves neither part.
 */
function levelOf(profile: HourlyProfile, hour: number): number | null {
  const daily = median(lastDays(profile, hour));
  if (Number.isNaN(daily)) return null;
  const lastWeek = observedAt(profile, hour - hoursAWeek) - daily;
  const weekBefore = observedAt(profile, hour - 2 * hoursAWeek) - daily;
  const agree = lastWeek * weekBefore > 0;
  const weekly = agree ? Math.sign(lastWeek) * Math.min(Math.abs(lastWeek), Math.abs(weekBefore)) : 0;
  return roundForStorage(daily + weekly);
}

function lastDays(profile: HourlyProfile, hour: number): number[] {
  return Array.from({ length: 7 }, (_, day) => observedAt(profile, hour - (day + 1) * hoursADay));
}

function observedAt({ hours }: HourlyProfile, hour: number): number {
  return hours[hour % memoryHours] ?? Number.NaN;
}
