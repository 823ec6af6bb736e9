import type { FlatState } from './flat-state.ts';

/**
 * The two largest values seen lately, which fade. The second says what has been reached at least twice, so one wild
 * value, however wild, does not move it. Two numbers of a state, all at 0 to begin with.
 */
export const podiumLength = 2;

/** Lets the entries fade by the factor `keep`, then gives `value` the place that it deserves. */
export function enterPodium(state: FlatState, at: number, value: number, keep: number): void {
  const first = state[at]! * keep;
  const second = state[at + 1]! * keep;
  state[at] = Math.max(first, value);
  state[at + 1] = Math.max(second, Math.min(first, value));
}

/** What was reached at least twice. */
export function secondOfPodium(state: FlatState, at: number): number {
  return state[at + 1]!;
}

/** The farthest of all. */
export function firstOfPodium(state: FlatState, at: number): number {
  return state[at]!;
}
