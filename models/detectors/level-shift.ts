import type { LevelShift } from './detector.ts';
import { type FlatState, layOut } from './flat-state.ts';

/** A level is taken for new when so many quarter-days in a row lay mostly outside, on the same side. */
const quartersToAccept = 4;

/**
 * Watches whether a series has moved to a new level for good: what this quarter-day shows, and the run of quarter-days
 * before it that lay outside, one after the other. Counts of `outside` and `run` are signed: positive above, negative
 * below. It begins with zeros.
 */
const { at, length } = layOut({
  samples: 1,
  outside: 1,
  valueSum: 1,
  residualSum: 1,
  run: 1,
  runSamples: 1,
  runValueSum: 1,
  runResidualSum: 1,
});
export const levelShiftLength = length;

/** Adds a sample to this quarter-day. `side` is 1 above the band, -1 below it, 0 inside. */
export function noteResidual(state: FlatState, shift: number, value: number, residual: number, side: number): void {
  state[shift + at.samples]! += 1;
  state[shift + at.outside]! += side;
  state[shift + at.valueSum]! += value;
  state[shift + at.residualSum]! += residual;
}

/**
 * Ends a quarter-day. `isOutside` says whether it lay mostly outside; `accepted` are the means of what was expected and of
 * what came since the shift began, or null while there is nothing to accept; `ended` is how far a run that has ended, by
 * being accepted or by itself, lay away on average, positive above, 0 when none has.
 */
export function endQuarterDay(
  state: FlatState,
  shift: number,
): { isOutside: boolean; accepted: LevelShift | null; ended: number } {
  const samples = state[shift + at.samples]!;
  const outside = state[shift + at.outside]!;
  const side = Math.sign(outside);
  const isOutside = Math.abs(outside) > samples / 2;
  const ended = !isOutside || state[shift + at.run]! * side < 0 ? endRun(state, shift) : 0;
  if (isOutside) {
    state[shift + at.run]! += side;
    state[shift + at.runSamples]! += samples;
    state[shift + at.runValueSum]! += state[shift + at.valueSum]!;
    state[shift + at.runResidualSum]! += state[shift + at.residualSum]!;
  }
  state.fill(0, shift + at.samples, shift + at.run);
  if (Math.abs(state[shift + at.run]!) < quartersToAccept) return { isOutside, accepted: null, ended };
  const toLevel = state[shift + at.runValueSum]! / state[shift + at.runSamples]!;
  const offset = state[shift + at.runResidualSum]! / state[shift + at.runSamples]!;
  endRun(state, shift);
  return { isOutside, accepted: { fromLevel: toLevel - offset, toLevel }, ended: offset };
}

function endRun(state: FlatState, shift: number): number {
  const samples = state[shift + at.runSamples]!;
  const offset = samples === 0 ? 0 : state[shift + at.runResidualSum]! / samples;
  state.fill(0, shift + at.run, shift + length);
  return offset;
}
