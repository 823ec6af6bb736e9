import { type AttributePairs, readKeyValue } from './otlp-attributes.ts';
import { bytesTag, WireReader } from './wire.ts';

const nanosPerMilli = 1e6;

/** Where a message stands in the buffer. */
export interface Range {
  start: number;
  end: number;
}

/** The messages of one field within a range, in order; the reader may be moved meanwhile. */
export function* fieldsOf(reader: WireReader, start: number, end: number, field: number): Generator<Range> {
  const wanted = bytesTag(field);
  for (let next = start; next < end; ) {
    reader.pos = next;
    const tag = reader.tag();
    if (tag !== wanted) {
      reader.skip(tag, end);
      next = reader.pos;
      continue;
    }
    next = reader.messageEnd(end);
    yield { start: reader.pos, end: next };
  }
}

/** The attributes of the resource that is field 1 of the message, as everywhere in OTLP. */
export function readResource(reader: WireReader, start: number, end: number): AttributePairs {
  const pairs: AttributePairs = [];
  for (const resource of fieldsOf(reader, start, end, 1)) {
    for (const attribute of fieldsOf(reader, resource.start, resource.end, 1)) {
      reader.pos = attribute.start;
      readKeyValue(reader, attribute.end, pairs);
    }
  }
  return pairs;
}

/** Unix nanoseconds as milliseconds. */
export function toMillis(nanos: number): number {
  return Math.round(nanos / nanosPerMilli);
}

/** Where the attributes of a point stand: they are read only when their spelling is not known. */
export class AttributeRange {
  readonly #reader: WireReader;
  readonly #ranges: Range[] = [];

  constructor(reader: WireReader) {
    this.#reader = reader;
  }

  /** Passes over one attribute, whose tag stands at `tagAt` and has been read. */
  pass(tagAt: number, end: number): void {
    this.#reader.pos = this.#reader.messageEnd(end);
    const last = this.#ranges.at(-1);
    if (last?.end === tagAt) last.end = this.#reader.pos;
    else this.#ranges.push({ start: tagAt, end: this.#reader.pos });
  }

  /** Where they stand when they stand in one piece, as every known sender writes them. */
  get whole(): Range | undefined {
    return this.#ranges.length === 1 ? this.#ranges[0] : undefined;
  }

  get key(): string {
    const { bytes } = this.#reader;
    const [first, ...others] = this.#ranges;
    if (first === undefined) return '';
    let key = bytes.toString('latin1', first.start, first.end);
    for (const { start, end } of others) key += bytes.toString('latin1', start, end);
    return key;
  }

  readAttributes = (): AttributePairs => {
    const pairs: AttributePairs = [];
    const reader = new WireReader(this.#reader.bytes);
    for (const { start, end } of this.#ranges) {
      reader.pos = start;
      while (reader.pos < end) {
        reader.tag();
        readKeyValue(reader, reader.messageEnd(end), pairs);
      }
    }
    return pairs;
  };
}

/** When a point was taken and since when it counts, of Unix nanoseconds; a start that is the time itself is not known. */
export function toTimes(startNanos: number, timeNanos: number): { start: number; time: number } {
  return { start: startNanos === timeNanos ? 0 : toMillis(startNanos), time: toMillis(timeNanos) };
}
