/**
 * The state of a detector: numbers in a row, in single precision. It is small, it is copied and stored as bytes, and
 * threads can share it. Times are kept as two numbers, for one would not hold a millisecond of this century.
 */
export type FlatState = Float32Array;

/**
 * Gives named parts their places in a row of numbers, each with its length.
 *
 * @example
 * layOut({ level: 1, ring: 24, scale: 1 }) // { at: { level: 0, ring: 1, scale: 25 }, length: 26 }
 */
export function layOut<const K extends string>(lengths: Record<K, number>): { at: Record<K, number>; length: number } {
  const at = {} as Record<K, number>;
  let length = 0;
  for (const name in lengths) {
    at[name] = length;
    length += lengths[name];
  }
  return { at, length };
}

/** As text for a store: base64 of the bytes, little-endian. */
export function encodeState(state: FlatState): string {
  return Buffer.from(state.buffer, state.byteOffset, state.byteLength).toString('base64');
}

/** What `encodeState` wrote. A text of another length than `length` numbers is of another detector: null. */
export function decodeState(text: string, length: number): FlatState | null {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== length * Float32Array.BYTES_PER_ELEMENT) return null;
  return new Float32Array(new Uint8Array(bytes).buffer);
}
