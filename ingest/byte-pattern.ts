/**
 * Bytes to be found again in messages. It is held as words of four bytes, for a loop over those takes a fraction of
 * what a call of `Buffer.compare` does for the length of a few labels.
 */
export class BytePattern {
  readonly length: number;
  readonly #words: Int32Array;
  readonly #rest: Uint8Array;

  /** @param bytes are copied. */
  constructor(bytes: Buffer) {
    this.length = bytes.length;
    const whole = bytes.length >> 2;
    this.#words = Int32Array.from({ length: whole }, (_, i) => bytes.readInt32LE(4 * i));
    this.#rest = Uint8Array.from(bytes.subarray(4 * whole));
  }

  /** Whether it stands at `start`, and ends before `end`. */
  isAt(view: DataView, start: number, end: number): boolean {
    if (start + this.length > end) return false;
    const words = this.#words;
    let at = start;
    for (let i = 0; i < words.length; i++, at += 4) if (view.getInt32(at, true) !== words[i]) return false;
    const rest = this.#rest;
    for (let i = 0; i < rest.length; i++) if (view.getUint8(at + i) !== rest[i]) return false;
    return true;
  }
}

/** The view of a buffer's bytes that a pattern looks through. */
export function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
