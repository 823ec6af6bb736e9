import { seededRandom } from '../statistics/seeded-random.ts';

/** A generator of standard normal numbers, the same for the same seed, by Box and Muller (1958). */
export function normalDraws(seed: number): () => number {
  const random = seededRandom(seed);
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

let kept = new Float64Array(0);

/**
 * The first `count` numbers of one fixed generator. They are drawn once and kept: every series is given the same, so
 * that what differs between two answers is the series and not chance.
 */
export function fixedDraws(count: number): Float64Array {
  if (kept.length < count) {
    const draw = normalDraws(1);
    kept = new Float64Array(count).map(draw);
  }
  return kept.subarray(0, count);
}
