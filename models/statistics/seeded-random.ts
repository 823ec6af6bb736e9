/**
 * A generator of numbers in [0, 1), the same for the same 32-bit seed: mulberry32 (Tommy Ettinger, public domain).
 * Good enough to shuffle and to draw test data, not for secrets.
 *
 * @example
 * const random = seededRandom(7);
 * random(); // the same number in every run
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
