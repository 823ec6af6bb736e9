import type { Series } from './series-book.ts';

/** A series on the trail, with the bytes that spell it and the one that came after it last time. */
interface Mark {
  series: Series;
  spelling: Buffer;
  generation: number;
  next: Mark | undefined;
}

/** Where the trail of a tenant begins, and what is marked on it. */
export class Trail {
  first: Mark | undefined;
  readonly marks = new WeakMap<Series, Mark>();
}

/**
 * Walks through the series of one request along the trail of the requests before it. A sender mostly sends the same
 * series in the same order, so the next one is compared with what came next last time, byte by byte, which costs less
 * than to make a key of its spelling and look it up.
 */
export class TrailWalk {
  readonly #trail: Trail;
  /** Series of another generation of the book have to be looked up there, so that the book keeps them. */
  readonly #generation: number;
  #last: Mark | undefined;

  constructor(trail: Trail, generation: number) {
    this.#trail = trail;
    this.#generation = generation;
  }

  /** The series that came next last time, when `bytes` from `start` spell it and a byte other than `more` follows. */
  follow(bytes: Buffer, start: number, end: number, more: number): { series: Series; spellingEnd: number } | undefined {
    const mark = this.#last === undefined ? this.#trail.first : this.#last.next;
    if (mark === undefined || mark.generation !== this.#generation) return undefined;
    const spellingEnd = start + mark.spelling.length;
    if (spellingEnd >= end || bytes[spellingEnd] === more) return undefined;
    if (bytes.compare(mark.spelling, 0, mark.spelling.length, start, spellingEnd) !== 0) return undefined;
    this.#last = mark;
    return { series: mark.series, spellingEnd };
  }

  /** Marks that `series` came here, where `bytes` from `start` to `end` spell it. */
  mark(series: Series, bytes: Buffer, start: number, end: number): void {
    let mark = this.#trail.marks.get(series);
    if (mark === undefined) {
      mark = { series, spelling: Buffer.from(bytes.subarray(start, end)), generation: 0, next: undefined };
      this.#trail.marks.set(series, mark);
    }
    mark.generation = this.#generation;
    if (this.#last === undefined) this.#trail.first = mark;
    else this.#last.next = mark;
    this.#last = mark;
  }
}
