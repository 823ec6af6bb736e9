import type { FlatState } from './flat-state.ts';

/** What comes soon after must be so many times as bad to be new. */
const worsening = 3;

/**
 * Tells what is new from what goes on. After a score above `level`, only one that is three times as high is new again;
 * the bar halves in `halfLifeHours` of quiet, is gone below the level, and is renewed as long as the scores stay above it. One number of a
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
  const held = state[guard]!;
  const bar = held === 0 ? 0 : held * 0.5 ** (elapsedHours / halfLifeHours);
  const isAbove = score > level;
  if (isAbove) state[guard] = Math.max(bar, worsening * score);
  else state[guard] = bar > level ? bar : 0;
  return isAbove && score > bar;
}
