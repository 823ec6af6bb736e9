import { roundForStorage } from './round-for-storage.ts';

/**
 * The largest values seen lately, descending: a short list whose entries fade. Its last place says what has been
 * reached at least as many times as it has places, so one wild value, however wild, does not move it.
 */
export type Podium = number[];

/** A podium of `places`, all at 0. */
export function createPodium(places: number): Podium {
  return new Array<number>(places).fill(0);
}

/** Lets the entries fade by the factor `keep`, then gives `value` the place that it deserves. In place. */
export function enter(podium: Podium, value: number, keep: number): void {
  let candidate = roundForStorage(value);
  for (let place = 0; place < podium.length; place++) {
    const held = roundForStorage(podium[place]! * keep);
    podium[place] = Math.max(held, candidate);
    candidate = Math.min(held, candidate);
  }
}

/** What was reached at least as many times as there are places. */
export function lastPlace(podium: Podium): number {
  return podium.at(-1)!;
}
