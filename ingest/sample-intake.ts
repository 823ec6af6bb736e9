import { type SampleRow, type SeriesRow, samplesTable, seriesTable } from '../store/tables.ts';
import { createBreather } from '../telemetry/turn.ts';
import { increaseOf } from './increase.ts';
import { earliestMs, retention, type Sender } from './native.ts';
import type { SeriesAdmission, StorableSeries } from './series-admission.ts';
import type { Series } from './series-book.ts';
import type { Writer } from './writer.ts';

export interface IntakeOptions {
  writer: Writer;
  admission: SeriesAdmission;
  now: () => Date;
  maxPastDays: number;
  maxFutureSeconds: number;
}

/** Why a value that is well formed is not stored: it says nothing, and sending it was no fault. */
export const skipReasons = ['stale', 'not_finite', 'first_total', 'out_of_order'] as const;
export type SkipReason = (typeof skipReasons)[number];

export interface IntakeOutcome {
  /** Values that were stored, or that said nothing and were skipped. */
  taken: number;
  stored: number;
  refused: number;
  skipped: Readonly<Record<SkipReason, number>>;
  /** The first reasons of refusals. */
  reasons: readonly string[];
}

const maxReasons = 10;
const dayMs = 86_400_000;
const samplesPerCheck = 1024;

/**
 * Takes the samples of one request, of any protocol whose series are interned, and stores them together. Columns are
 * kept instead of objects: a request has thousands of samples.
 */
export class SampleIntake {
  readonly #options: IntakeOptions;
  readonly #sender: Sender;
  readonly #nowMs: number;
  readonly #earliest: number;
  readonly #latest: number;
  readonly #aliveSince: number;
  readonly #series: StorableSeries[] = [];
  readonly #times: number[] = [];
  readonly #values: number[] = [];
  /** Totals that counters had before this request, to be put back when it is not stored. */
  readonly #undo: { series: Series; time: number; before: [time: number, total: number, start: number] }[] = [];
  readonly #skipped: Record<SkipReason, number> = { stale: 0, not_finite: 0, first_total: 0, out_of_order: 0 };
  readonly #reasons: string[] = [];
  #refused = 0;

  constructor(options: IntakeOptions, sender: Sender, aliveSince: number) {
    this.#options = options;
    this.#sender = sender;
    this.#aliveSince = aliveSince;
    this.#nowMs = options.now().getTime();
    this.#earliest = sender.backfill ? earliestMs : this.#nowMs - options.maxPastDays * dayMs;
    this.#latest = this.#nowMs + options.maxFutureSeconds * 1000;
  }

  /**
   * Takes one value.
   *
   * @param time Unix milliseconds.
   * @param start of a counter, since when it counts; 0 where that is not known.
   * @returns false when it is refused.
   */
  add(series: Series, time: number, value: number, start = 0): boolean {
    if (!(time >= this.#earliest && time <= this.#latest)) return this.refuse(() => this.#outOfBounds(series, time));
    if (!Number.isFinite(value)) return this.skip('not_finite');
    if (series.kind !== 'counter') return this.#keep(series, time, value);
    const before: [number, number, number] = [series.lastTime, series.lastTotal, series.lastStart];
    const increase = increaseOf(series, time, value, start, this.#aliveSince);
    if (time <= before[0]) return this.skip('out_of_order');
    this.#undo.push({ series, time, before });
    if (increase === undefined) return this.skip('first_total');
    return this.#keep(series, time, increase);
  }

  /** Counts a value that says nothing. */
  skip(reason: SkipReason): true {
    this.#skipped[reason]++;
    return true;
  }

  /** Refuses `count` values for one reason. */
  refuse(reason: () => string, count = 1): false {
    this.#refused += count;
    if (this.#reasons.length < maxReasons) this.#reasons.push(reason());
    return false;
  }

  /**
   * Stores what was taken, the names of new series first: a sample whose series has no name could not be found.
   *
   * @throws AppError as the writer; nothing is known to be stored, and the counters are as before.
   */
  async store(): Promise<IntakeOutcome> {
    try {
      await this.#nameSeries();
      await this.#options.writer.write(samplesTable, await this.#rows());
    } catch (error) {
      this.takeBack();
      throw error;
    }
    const skipped = Object.values(this.#skipped).reduce((sum, count) => sum + count, 0);
    const stored = this.#values.length;
    const outcome = { stored, refused: this.#refused, skipped: this.#skipped, reasons: this.#reasons };
    return { taken: stored + skipped, ...outcome };
  }

  /** Puts counters back to where they were before this request, of which nothing was stored. */
  takeBack(): void {
    for (const { series, time, before } of this.#undo.reverse()) {
      // Another request may have gone on from here.
      if (series.lastTime === time) [series.lastTime, series.lastTotal, series.lastStart] = before;
    }
  }

  #keep(series: Series, time: number, value: number): true {
    this.#series.push(this.#options.admission.admit(series, this.#nowMs));
    this.#times.push(time);
    this.#values.push(value);
    return true;
  }

  async #nameSeries(): Promise<void> {
    const unnamed = new Set<StorableSeries>();
    for (const series of this.#series) if (!series.isNamed) unnamed.add(series);
    if (unnamed.size === 0) return;
    const rows: SeriesRow[] = [...unnamed].map(({ row }) => ({ ...row }));
    await this.#options.writer.write(seriesTable, rows);
    for (const series of unnamed) series.isNamed = true;
  }

  async #rows(): Promise<SampleRow[]> {
    const rows: SampleRow[] = [];
    const breather = createBreather();
    for (let i = 0; i < this.#values.length; i++) {
      const { tenant, series_id, aggregation } = this.#series[i]!.row;
      const time = this.#times[i]!;
      const { raw_until, rollup_until } = retention(this.#sender, time, this.#nowMs);
      rows.push({ tenant, series_id, time, value: this.#values[i]!, aggregation, raw_until, rollup_until });
      if (i % samplesPerCheck === 0 && breather.isDue()) await breather.now();
    }
    return rows;
  }

  #outOfBounds(series: Series, time: number): string {
    const shown = (ms: number) => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms));
    return `${series.row.metric}: ${shown(time)} is out of bounds; allowed: ${shown(this.#earliest)} to ${shown(this.#latest)}`;
  }
}
