/** The records of one request as they came, unchecked, in order. */
export interface Records {
  readonly length: number;
  /** Whether they came as a list; a pointer into a list begins with the number of the record. */
  readonly isList: boolean;
  /** The record with a number from 0; a `BrokenRecord` where it cannot be read. */
  at(i: number): unknown;
}

/** A record that could not even be read; it is refused alone. */
export class BrokenRecord {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Records that are parsed already. */
export function recordList(values: readonly unknown[], isList = true): Records {
  return { length: values.length, isList, at: (i) => values[i] };
}

const newline = 0x0a;

/** Records as NDJSON: one a line, each parsed when it is asked for, for most need not be. */
export class RecordLines implements Records {
  readonly isList = true;
  readonly bytes: Buffer;
  /** Where each line starts and ends, one after the other. */
  readonly #places: number[] = [];

  /** @param bytes UTF-8. */
  constructor(bytes: Buffer) {
    this.bytes = bytes;
    for (let start = 0; start < bytes.length; ) {
      const found = bytes.indexOf(newline, start);
      const end = found === -1 ? bytes.length : found;
      if (!isBlank(bytes, start, end)) this.#places.push(start, end);
      start = end + 1;
    }
  }

  get length(): number {
    return this.#places.length / 2;
  }

  startOf(i: number): number {
    return this.#places[2 * i]!;
  }

  endOf(i: number): number {
    return this.#places[2 * i + 1]!;
  }

  at(i: number): unknown {
    try {
      return JSON.parse(this.bytes.toString('utf8', this.startOf(i), this.endOf(i)));
    } catch (error) {
      return new BrokenRecord(`the line is not JSON: ${(error as Error).message}`);
    }
  }
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! > 0x20) return false;
  return true;
}
