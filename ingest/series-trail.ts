import { viewOf } from './byte-patterns.ts';
import type { Series } from './series-book.ts';
import { type Mark, Trail, TrailWalk } from './trail.ts';

/** A series with the place and length of the bytes that spell it, and what beside them does. */
interface SeriesMark extends Mark<SeriesMark> {
  series: Series;
  scope: string;
  place: number;
  length: number;
}

/** The trail of a tenant by one protocol. */
export class SeriesTrail extends Trail<SeriesMark> {
  readonly marks = new WeakMap<Series, SeriesMark>();
}

/** Walks through the series of one request along the trail of the requests before it. */
export class SeriesWalk {
  readonly #trail: SeriesTrail;
  readonly #walk: TrailWalk<SeriesMark>;
  readonly #bytes: Buffer;
  readonly #view: DataView;
  /** Where the spelling of the series that was followed last ends. */
  spellingEnd = 0;

  /** @param book where the series are looked up. */
  constructor(trail: SeriesTrail, book: { readonly generation: number }, bytes: Buffer) {
    this.#trail = trail;
    this.#walk = new TrailWalk(trail, book);
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  /** The series that came next last time, when the bytes from `start` spell it and a byte other than `more` follows. */
  follow(start: number, end: number, more: number): Series | undefined {
    const mark = this.#walk.expected();
    if (mark === undefined) return undefined;
    const spellingEnd = start + mark.length;
    if (spellingEnd >= end || this.#bytes[spellingEnd] === more) return undefined;
    if (!this.#trail.patterns.isAt(mark.place, mark.length, this.#view, start)) return undefined;
    this.#walk.follow(mark);
    this.spellingEnd = spellingEnd;
    return mark.series;
  }

  /** The series that came next last time, when the bytes from `start` to `end` and `scope` spell it. */
  followWhole(start: number, end: number, scope: string): Series | undefined {
    const mark = this.#walk.expected();
    if (mark === undefined || mark.length !== end - start || mark.scope !== scope) return undefined;
    if (!this.#trail.patterns.isAt(mark.place, mark.length, this.#view, start)) return undefined;
    this.#walk.follow(mark);
    return mark.series;
  }

  /** Marks that `series` came here, where the bytes from `start` to `end` and `scope` spell it. */
  mark(series: Series, start: number, end: number, scope = ''): void {
    const { marks, patterns } = this.#trail;
    let mark = marks.get(series);
    if (mark === undefined) {
      const place = patterns.add(this.#bytes, start, end);
      mark = { series, scope, place, length: end - start, generation: 0, next: undefined };
      marks.set(series, mark);
    }
    this.#walk.pass(mark);
  }
}
