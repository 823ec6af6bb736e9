import { BytePatterns, viewOf } from './byte-patterns.ts';
import type { Series } from './series-book.ts';

/** A series on the trail, with the place and length of the bytes that spell it and the one that came next last time. */
interface Mark {
  series: Series;
  place: number;
  length: number;
  generation: number;
  next: Mark | undefined;
}

/** Where the trail of a tenant begins, and what is marked on it. */
export class Trail {
  first: Mark | undefined;
  readonly patterns = new BytePatterns();
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
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #last: Mark | undefined;
  /** Where the spelling of the series that was followed last ends. */
  spellingEnd = 0;

  constructor(trail: Trail, generation: number, bytes: Buffer) {
    this.#trail = trail;
    this.#generation = generation;
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  /** The series that came next last time, when the bytes from `start` spell it and a byte other than `more` follows. */
  follow(start: number, end: number, more: number): Series | undefined {
    const mark = this.#last === undefined ? this.#trail.first : this.#last.next;
    if (mark === undefined || mark.generation !== this.#generation) return undefined;
    const spellingEnd = start + mark.length;
    if (spellingEnd >= end || this.#bytes[spellingEnd] === more) return undefined;
    if (!this.#trail.patterns.isAt(mark.place, mark.length, this.#view, start)) return undefined;
    this.#last = mark;
    this.spellingEnd = spellingEnd;
    return mark.series;
  }

  /** Marks that `series` came here, where the bytes from `start` to `end` spell it. */
  mark(series: Series, start: number, end: number): void {
    const { marks, patterns } = this.#trail;
    let mark = marks.get(series);
    if (mark === undefined) {
      const place = patterns.add(this.#bytes, start, end);
      mark = { series, place, length: end - start, generation: 0, next: undefined };
      marks.set(series, mark);
    }
    mark.generation = this.#generation;
    if (this.#last === undefined) this.#trail.first = mark;
    else this.#last.next = mark;
    this.#last = mark;
  }
}
