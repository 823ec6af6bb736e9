import type { RecentMap } from './recent-map.ts';
import { RecordLines, type Records } from './record-list.ts';
import { type SampleLines, SampleLineWalk } from './sample-lines.ts';
import { spellingOf } from './sample-spelling.ts';
import type { StorableSeries } from './storable-series.ts';
import type { TimeBounds } from './time-bounds.ts';

/**
 * Knows the samples of one request whose series was checked before: of those, only the time and the value are looked
 * at, for nothing else of them can be wrong.
 */
export interface KnownSamples {
  /** The series of the record with a number; then `time` and `value` are its own, within bounds. */
  find(i: number): StorableSeries | undefined;
  time: number;
  value: number;
  /** Remembers the series of the record that was looked for last, now that it is checked; one known before wins. */
  learn(series: StorableSeries): StorableSeries;
}

/** What is remembered of a tenant: series by how an object spells them, and by how a line does. */
export interface SampleSpellings {
  objects: RecentMap<StorableSeries>;
  lines: SampleLines;
}

export function knownSamples({ objects, lines }: SampleSpellings, records: Records, bounds: TimeBounds): KnownSamples {
  return records instanceof RecordLines
    ? new KnownLines(lines, records, bounds)
    : new KnownObjects(objects, records, bounds);
}

class KnownLines implements KnownSamples {
  readonly #walk: SampleLineWalk;
  readonly #records: RecordLines;
  readonly #bounds: TimeBounds;
  #found: StorableSeries | undefined;
  time = 0;
  value = 0;

  constructor(lines: SampleLines, records: RecordLines, bounds: TimeBounds) {
    this.#walk = new SampleLineWalk(lines, records.bytes);
    this.#records = records;
    this.#bounds = bounds;
  }

  find(i: number): StorableSeries | undefined {
    const walk = this.#walk;
    this.#found = walk.find(this.#records.startOf(i), this.#records.endOf(i));
    if (this.#found === undefined || !isPlain(walk.time, walk.value, this.#bounds)) return undefined;
    this.time = walk.time;
    this.value = walk.value;
    return this.#found;
  }

  learn(series: StorableSeries): StorableSeries {
    if (this.#found !== undefined) return this.#found;
    this.#walk.learn(series);
    return series;
  }
}

class KnownObjects implements KnownSamples {
  readonly #series: RecentMap<StorableSeries>;
  readonly #records: Records;
  readonly #bounds: TimeBounds;
  #spelling: string | undefined;
  #found: StorableSeries | undefined;
  time = 0;
  value = 0;

  constructor(series: RecentMap<StorableSeries>, records: Records, bounds: TimeBounds) {
    this.#series = series;
    this.#records = records;
    this.#bounds = bounds;
  }

  find(i: number): StorableSeries | undefined {
    const record = this.#records.at(i);
    this.#spelling = spellingOf(record);
    this.#found = this.#spelling === undefined ? undefined : this.#series.get(this.#spelling);
    if (this.#found === undefined) return undefined;
    const { time = this.#bounds.nowMs, value } = record as { time?: unknown; value?: unknown };
    if (!isPlain(time, value, this.#bounds)) return undefined;
    this.time = time as number;
    this.value = value as number;
    return this.#found;
  }

  learn(series: StorableSeries): StorableSeries {
    if (this.#found !== undefined) return this.#found;
    if (this.#spelling !== undefined) this.#series.set(this.#spelling, series);
    return series;
  }
}

function isPlain(time: unknown, value: unknown, { earliest, latest }: TimeBounds): boolean {
  return Number.isFinite(value) && Number.isInteger(time) && (time as number) >= earliest && (time as number) <= latest;
}
