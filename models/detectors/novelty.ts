import type { FlatState } from './flat-state.ts';

/** What comes soon after must be so many times as bad to be new. */
const worsening = 3;

/**
 * Tells what is new from what goes on. After a score above `level`, only one that is three times as high is new again;
 * the bar halves in `halfLifeHours` of quiet, and is renewed as long as the scores stay above the level. One number of a
 * state, 0 to begin with.
 *
 * @returns whether the score is new
 */
export function isNew(
  state: FlatState,
  guard: number,
  score: number,
  level: number,
  elapsedHours: number,
  halfLifeHours: number,
): boolean {
  const bar = state[guard]! * 0.5 ** (elapsedHours / halfLifeHours);
  const isAbove = score > level;
  state[guard] = isAbove ? Math.max(bar, worsening * score) : bar;
  return isAbove && score > bar;
}
