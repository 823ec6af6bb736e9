const twoTo32 = 4_294_967_296;
const maxPacked = 10_000;

/** Bytes that are not the protobuf that they claim to be. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/**
 * Reads the protobuf wire format in place: a message is a range of the buffer, and nothing is copied or allocated but
 * the texts that are asked for. Every read stays within the message; a length that lies is a `WireError`.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 * @example
 * const reader = new WireReader(bytes);
 * while (reader.pos < end) {
 *   const tag = reader.tag();
 *   if (tag === bytesTag(1)) { const messageEnd = reader.messageEnd(end); ... } else reader.skip(tag, end);
 * }
 */
export class WireReader {
  readonly bytes: Buffer;
  readonly #view: DataView;
  pos = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The number of the next field and its wire type, as they stand: `number << 3 | type`. */
  tag(): number {
    const tag = this.bytes[this.pos]!;
    if (tag < 0x80) {
      this.pos++;
      if (tag < 8) throw new WireError('a field has the number 0');
      return tag;
    }
    const long = this.varint();
    if (long < 8) throw new WireError('a field has the number 0');
    return long;
  }

  /** An unsigned integer; beyond 2^53 the nearest number. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.bytes[this.pos++];
      if (byte === undefined) throw new WireError('the message ends in a number');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new WireError('a number is longer than ten bytes');
  }

  /** An `int64`: two's complement in ten bytes when it is negative. */
  int64(): number {
    const start = this.pos;
    const value = this.varint();
    if (value < 2 ** 63) return value;
    // Added up again from the inverted bits: the sum above has lost the low ones.
    let inverted = 0;
    for (let i = 0; i < 9; i++) inverted += (~this.bytes[start + i]! & 0x7f) * 128 ** i;
    return -inverted - 1;
  }

  /** A `sint32` or `sint64` in zigzag, exact up to 2^52. */
  sint(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  double(end: number): number {
    this.#need(8, end);
    const value = this.#view.getFloat64(this.pos, true);
    this.pos += 8;
    return value;
  }

  /** An unsigned `fixed64`; beyond 2^53 the nearest number. */
  fixed64(end: number): number {
    this.#need(8, end);
    const value = this.#view.getUint32(this.pos, true) + this.#view.getUint32(this.pos + 4, true) * twoTo32;
    this.pos += 8;
    return value;
  }

  sfixed64(end: number): number {
    this.#need(8, end);
    const value = this.#view.getUint32(this.pos, true) + this.#view.getInt32(this.pos + 4, true) * twoTo32;
    this.pos += 8;
    return value;
  }

  /** Reads the length of a message, a text or packed numbers, and answers where it ends. */
  messageEnd(end: number): number {
    const length = this.varint();
    this.#need(length, end);
    return this.pos + length;
  }

  /** A text of UTF-8; what is not UTF-8 in it becomes U+FFFD. */
  text(end: number): string {
    const textEnd = this.messageEnd(end);
    const text = this.bytes.toString('utf8', this.pos, textEnd);
    this.pos = textEnd;
    return text;
  }

  /** A field of bytes, as hexadecimal digits. */
  hex(end: number): string {
    const bytesEnd = this.messageEnd(end);
    const text = this.bytes.toString('hex', this.pos, bytesEnd);
    this.pos = bytesEnd;
    return text;
  }

  /** Reads packed numbers onto `into`, which may not grow beyond what a sane histogram has. */
  packed(end: number, into: number[], read: (end: number) => number): void {
    const packedEnd = this.messageEnd(end);
    while (this.pos < packedEnd) into.push(read(packedEnd));
    this.finish(packedEnd);
    if (into.length > maxPacked) throw new WireError(`a list has more than ${maxPacked} numbers`);
  }

  /** Passes over the field of a tag that was just read. */
  skip(tag: number, end: number): void {
    switch (tag & 7) {
      case wireTypes.varint:
        this.varint();
        break;
      case wireTypes.fixed64:
        this.#need(8, end);
        this.pos += 8;
        break;
      case wireTypes.bytes:
        this.pos = this.messageEnd(end);
        break;
      case wireTypes.fixed32:
        this.#need(4, end);
        this.pos += 4;
        break;
      default:
        throw new WireError(`wire type ${tag & 7} is not understood`);
    }
    if (this.pos > end) throw new WireError('a field is longer than its message');
  }

  /** Checks that a message was read to its end and not beyond. */
  finish(end: number): void {
    if (this.pos !== end) throw new WireError('a field is longer than its message');
  }

  #need(bytes: number, end: number): void {
    if (this.pos + bytes > end) throw new WireError('a field is longer than its message');
  }
}

/** The tags of a field by its number, for comparison with `WireReader.tag()`. */
export const varintTag = (field: number): number => (field << 3) | wireTypes.varint;
export const fixed64Tag = (field: number): number => (field << 3) | wireTypes.fixed64;
export const bytesTag = (field: number): number => (field << 3) | wireTypes.bytes;
