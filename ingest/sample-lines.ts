import { BytePattern, viewOf } from './byte-pattern.ts';
import { JsonNumberReader, type SampleTokens, tokensOf } from './json-tokens.ts';
import { RecentMap } from './recent-map.ts';
import type { StorableSeries } from './storable-series.ts';

/** A series with the bytes that spell it in a line: what stands before, between and behind its two numbers. */
interface Mark {
  series: StorableSeries;
  head: BytePattern;
  middle: BytePattern;
  tail: BytePattern;
  isTimeFirst: boolean;
  generation: number;
  /** The one that came after it last time. */
  next: Mark | undefined;
}

const maxSeries = 200_000;

/** How the samples of one tenant were spelled lately, a line each. */
export class SampleLines {
  readonly known = new RecentMap<Mark>(maxSeries);
  first: Mark | undefined;
}

/**
 * Walks through the lines of one request. A line that is spelled like one before, but for the numbers of `time` and
 * `value`, is of the same series and need not be parsed and checked again: its numbers are read where they stand. A
 * sender mostly sends the same series in the same order, so what came next last time is tried first.
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
  #last: Mark | undefined;
  #unknown: { tokens: SampleTokens; key: string; start: number; end: number } | undefined;
  /** What the line says that was found last; not checked against any bound. */
  time = 0;
  value = 0;

  constructor(lines: SampleLines, bytes: Buffer) {
    this.#lines = lines;
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#numbers = new JsonNumberReader(bytes);
  }

  /** The series of the line from `start` to `end`, when a line was learned that is spelled like it. */
  find(start: number, end: number): StorableSeries | undefined {
    this.#unknown = undefined;
    const expected = this.#last === undefined ? this.#lines.first : this.#last.next;
    const isCurrent = expected?.generation === this.#lines.known.generation;
    if (expected !== undefined && isCurrent && this.#reads(expected, start, end)) {
      this.#last = expected;
      return expected.series;
    }
    return this.#lookUp(start, end);
  }

  /** Says of which series the line is that was looked for last and not found. */
  learn(series: StorableSeries): void {
    if (this.#unknown === undefined) return;
    const { tokens, key, start, end } = this.#unknown;
    const pattern = (from: number, to: number) => new BytePattern(this.#bytes.subarray(from, to));
    const mark: Mark = {
      series,
      head: pattern(start, tokens.firstStart),
      middle: pattern(tokens.firstEnd, tokens.secondStart),
      tail: pattern(tokens.secondEnd, end),
      isTimeFirst: tokens.isTimeFirst,
      generation: 0,
      next: undefined,
    };
    this.#lines.known.set(key, mark);
    this.#pass(mark);
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
    this.#pass(mark);
    return mark.series;
  }

  #pass(mark: Mark): void {
    mark.generation = this.#lines.known.generation;
    if (this.#last === undefined) this.#lines.first = mark;
    else this.#last.next = mark;
    this.#last = mark;
  }

  /** Whether the line is spelled so; then its numbers are read. */
  #reads({ head, middle, tail, isTimeFirst }: Mark, start: number, end: number): boolean {
    const numbers = this.#numbers;
    if (!head.isAt(this.#view, start, end)) return false;
    const firstEnd = numbers.read(start + head.length, end);
    const first = numbers.value;
    if (firstEnd === -1 || !middle.isAt(this.#view, firstEnd, end)) return false;
    const secondEnd = numbers.read(firstEnd + middle.length, end);
    if (secondEnd === -1 || secondEnd + tail.length !== end || !tail.isAt(this.#view, secondEnd, end)) return false;
    this.time = isTimeFirst ? first : numbers.value;
    this.value = isTimeFirst ? numbers.value : first;
    return true;
  }
}
