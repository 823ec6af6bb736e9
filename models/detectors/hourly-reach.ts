import { type FlatState, layOut } from './flat-state.ts';
import { enterPodium, podiumLength, secondOfPodium } from './podium.ts';

const keepADay = 0.5 ** (1 / 28);

/**
 * How far a series has gone to one side in each hour of the day at least twice lately, with a half-life of four weeks: a
 * nightly job is ordinary at its hour. It begins with zeros.
 */
const { at, length } = layOut({ byHour: 24 * podiumLength, inHour: 1 });
export const hourlyReachLength = length;

export function noteInHour(state: FlatState, reach: number, distance: number): void {
  if (distance > state[reach + at.inHour]!) state[reach + at.inHour] = distance;
}

export function closeHour(state: FlatState, reach: number, hourOfDay: number): void {
  enterPodium(state, reach + at.byHour + podiumLength * hourOfDay, state[reach + at.inHour]!, keepADay);
  state[reach + at.inHour] = 0;
}

/** The distance that was reached twice at this hour of the day. */
export function reachedTwiceAt(state: FlatState, reach: number, hourOfDay: number): number {
  return secondOfPodium(state, reach + at.byHour + podiumLength * hourOfDay);
}
