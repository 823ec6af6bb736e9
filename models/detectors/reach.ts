import { type FlatState, layOut } from './flat-state.ts';
import { enterPodium, firstOfPodium, podiumLength, secondOfPodium } from './podium.ts';

const keepAQuarterDay = 0.5 ** (1 / 4 / 14);

/**
 * How far a series has gone to one side at least twice lately, with a half-life of two weeks. A habit of spikes becomes
 * ordinary by it; a single incident does not. It begins with zeros.
 *
 * `anyTime` is the podium of the quarter-days, `inBlock` the farthest of this one, `leftBand` whether it left the band,
 * and `carried` whether the one before did: the two are one incident.
 */
const { at, length } = layOut({ anyTime: podiumLength, inBlock: 1, leftBand: 1, carried: 1 });
export const reachLength = length;

export function noteDistance(state: FlatState, reach: number, distance: number, isOutside: boolean): void {
  if (distance > state[reach + at.inBlock]!) state[reach + at.inBlock] = distance;
  if (isOutside) state[reach + at.leftBand] = 1;
}

/** Ends a quarter-day. One that left the band is counted with the next, so that an incident counts once. */
export function closeQuarterDay(state: FlatState, reach: number): void {
  const waits = state[reach + at.leftBand] === 1 && state[reach + at.carried] === 0;
  if (!waits) {
    enterPodium(state, reach + at.anyTime, state[reach + at.inBlock]!, keepAQuarterDay);
    state[reach + at.inBlock] = 0;
  }
  state[reach + at.carried] = Number(waits);
  state[reach + at.leftBand] = 0;
}

/** Ends an hour of a newcomer: on its first day each hour counts, so that what it does every hour is soon a habit. */
export function closeNewcomersHour(state: FlatState, reach: number): void {
  enterPodium(state, reach + at.anyTime, state[reach + at.inBlock]!, 1);
  dropQuarterDay(state, reach);
}

/** Ends a quarter-day that lay outside as a whole: a shift of the level, which says nothing of the spread around it. */
export function dropQuarterDay(state: FlatState, reach: number): void {
  state[reach + at.inBlock] = 0;
  state[reach + at.leftBand] = 0;
  state[reach + at.carried] = 0;
}

/** The distance that was reached twice. */
export function reachedTwice(state: FlatState, reach: number): number {
  return secondOfPodium(state, reach + at.anyTime);
}

/** The farthest that was reached, but for the incident that goes on. */
export function reachedOnce(state: FlatState, reach: number): number {
  return firstOfPodium(state, reach + at.anyTime);
}

/** Counts a level that lasted, and how far away it was, as an incident. */
export function enterShift(state: FlatState, reach: number, distance: number): void {
  enterPodium(state, reach + at.anyTime, distance, 1);
}
