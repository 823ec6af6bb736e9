import { viewOf } from './byte-patterns.ts';
import { JsonNumberReader, type SampleTokens, tokensOf } from './json-tokens.ts';
import { RecentMap } from './recent-map.ts';
import type { StorableSeries } from './storable-series.ts';
import { type Mark, Trail, TrailWalk } from './trail.ts';

/**
 * A series with the bytes that spell it in a line: what stands before, between and behind its two numbers, one after
 * the other from `place`.
 */
interface LineMark extends Mark<LineMark> {
  series: StorableSeries;
  place: number;
  headLength: number;
  middleLength: number;
  tailLength: number;
  isTimeFirst: boolean;
}

const maxSeries = 200_000;

/** How the samples of one tenant were spelled lately, a line each. */
export class SampleLines extends Trail<LineMark> {
  readonly known = new RecentMap<LineMark>(maxSeries);
}

/**
 * Walks through the lines of one request. A line that is spelled like one before, but for the numbers of `time` and
 * `value`, is of the same series and need not be parsed and checked again: its numbers are read where they stand.
 *
 * @example
 * const series = walk.find(start, end);
 * if (series !== undefined) keep(series, walk.time, walk.value);
 * else walk.learn(check(JSON.parse(line)));
 */
export class SampleLineWalk {
  readonly #lines: SampleLines;
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #numbers: JsonNumberReader;
  readonly #walk: TrailWalk<LineMark>;
  #unknown: { tokens: SampleTokens; key: string; start: number; end: number } | undefined;
  /** What the line says that was found last; not checked against any bound. */
  time = 0;
  value = 0;

  constructor(lines: SampleLines, bytes: Buffer) {
    this.#lines = lines;
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#numbers = new JsonNumberReader(bytes);
    this.#walk = new TrailWalk(lines, lines.known);
  }

  /** The series of the line from `start` to `end`, when a line was learned that is spelled like it. */
  find(start: number, end: number): StorableSeries | undefined {
    this.#unknown = undefined;
    const expected = this.#walk.expected();
    if (expected !== undefined && this.#reads(expected, start, end)) {
      this.#walk.follow(expected);
      return expected.series;
    }
    return this.#lookUp(start, end);
  }

  /** Says of which series the line is that was looked for last and not found. */
  learn(series: StorableSeries): void {
    if (this.#unknown === undefined) return;
    const { tokens, key, start, end } = this.#unknown;
    const { patterns } = this.#lines;
    const place = patterns.add(this.#bytes, start, tokens.firstStart);
    patterns.add(this.#bytes, tokens.firstEnd, tokens.secondStart);
    patterns.add(this.#bytes, tokens.secondEnd, end);
    const mark: LineMark = {
      series,
      place,
      headLength: tokens.firstStart - start,
      middleLength: tokens.secondStart - tokens.firstEnd,
      tailLength: end - tokens.secondEnd,
      isTimeFirst: tokens.isTimeFirst,
      generation: 0,
      next: undefined,
    };
    this.#lines.known.set(key, mark);
    this.#walk.pass(mark);
  }

  #lookUp(start: number, end: number): StorableSeries | undefined {
    const tokens = tokensOf(this.#bytes, start, end, this.#numbers);
    if (tokens === undefined) return undefined;
    const { firstStart, firstEnd, secondStart, secondEnd } = tokens;
    const text = (from: number, to: number) => this.#bytes.toString('latin1', from, to);
    // No byte of JSON text is below a tab.
    const key = `${text(start, firstStart)}\0${text(firstEnd, secondStart)}\0${text(secondEnd, end)}`;
    const mark = this.#lines.known.get(key);
    if (mark === undefined) this.#unknown = { tokens, key, start, end };
    if (mark === undefined || !this.#reads(mark, start, end)) return undefined;
    this.#walk.pass(mark);
    return mark.series;
  }

  /** Whether the line is spelled so; then its numbers are read. */
  #reads({ place, headLength, middleLength, tailLength, isTimeFirst }: LineMark, start: number, end: number): boolean {
    const numbers = this.#numbers;
    const view = this.#view;
    const { patterns } = this.#lines;
    const firstStart = start + headLength;
    if (firstStart > end || !patterns.isAt(place, headLength, view, start)) return false;
    const firstEnd = numbers.read(firstStart, end);
    const first = numbers.value;
    const secondStart = firstEnd + middleLength;
    if (firstEnd === -1 || secondStart > end) return false;
    if (!patterns.isAt(place + headLength, middleLength, view, firstEnd)) return false;
    const secondEnd = numbers.read(secondStart, end);
    if (secondEnd === -1 || secondEnd + tailLength !== end) return false;
    if (!patterns.isAt(place + headLength + middleLength, tailLength, view, secondEnd)) return false;
    this.time = isTimeFirst ? first : numbers.value;
    this.value = isTimeFirst ? numbers.value : first;
    return true;
  }
}
