/** Beyond it the patterns are begun anew: senders whose series change all the time fill it with what never comes again. */
const maxBytes = 64 * 1024 * 1024;

/**
 * Bytes to be found again in messages, one after the other in one piece of memory. What is compared next mostly stands
 * next to what was compared last, which the processor has at hand, and a loop over words of four bytes takes a fraction
 * of what a call of `Buffer.compare` does for the length of a few labels.
 */
export class BytePatterns {
  #bytes = Buffer.alloc(4096);
  #view = viewOf(this.#bytes);
  #used = 0;

  /** Whether there is room for no more. */
  get isFull(): boolean {
    return this.#used > maxBytes;
  }

  /** Adds the bytes of `from` between two places. @returns where they stand, for `isAt`. */
  add(from: Buffer, start: number, end: number): number {
    const place = this.#used;
    this.#used += end - start;
    if (this.#used > this.#bytes.length) {
      const larger = Buffer.alloc(2 * this.#used);
      this.#bytes.copy(larger, 0, 0, place);
      this.#bytes = larger;
      this.#view = viewOf(larger);
    }
    from.copy(this.#bytes, place, start, end);
    return place;
  }

  /** Whether the `length` bytes that stand at `place` are those of a message at `start`, which has as many there. */
  isAt(place: number, length: number, message: DataView, start: number): boolean {
    const own = this.#view;
    const words = length & ~3;
    let i = 0;
    for (; i < words; i += 4) if (message.getInt32(start + i, true) !== own.getInt32(place + i, true)) return false;
    for (; i < length; i++) if (message.getUint8(start + i) !== own.getUint8(place + i)) return false;
    return true;
  }
}

/** The view of a buffer's bytes that patterns are looked for in. */
export function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
