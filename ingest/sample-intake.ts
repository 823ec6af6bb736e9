import type { CounterTotal, CounterTotals } from './counter-totals.ts';
import { increaseOf } from './increase.ts';
import { earliestMs, type Sender } from './native.ts';
import type { Quarantine, Refusal } from './quarantine.ts';
import { SampleBatch, type SampleBatchOptions } from './sample-batch.ts';
import type { Series } from './series-book.ts';

export interface IntakeOptions extends SampleBatchOptions {
  quarantine: Quarantine;
  totals: CounterTotals;
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
const maxRefusals = 100;
const dayMs = 86_400_000;

/**
 * Takes the samples of one request, of any protocol whose series are interned, and stores them together. Columns are
 * kept instead of objects: a request has thousands of samples.
 */
export class SampleIntake {
  readonly #options: IntakeOptions;
  readonly #sender: Sender;
  readonly #source: string;
  readonly #earliest: number;
  readonly #latest: number;
  /** Unix milliseconds since which all totals of all counters have come by here. */
  readonly aliveSince: number;
  readonly #batch: SampleBatch;
  /** Totals of this request, and those before it, to be put back when it is not stored. */
  readonly #totals: { series: Series; now: CounterTotal; before: CounterTotal }[] = [];
  readonly #skipped: Record<SkipReason, number> = { stale: 0, not_finite: 0, first_total: 0, out_of_order: 0 };
  readonly #refusals: Refusal[] = [];
  #refused = 0;

  /** @param source the protocol, as the quarantine names it. */
  constructor(options: IntakeOptions, sender: Sender, source: string, aliveSince: number) {
    this.#options = options;
    this.#sender = sender;
    this.#source = source;
    this.aliveSince = aliveSince;
    const nowMs = sender.receivedAt ?? options.now().getTime();
    this.#batch = new SampleBatch(options, sender, nowMs);
    this.#earliest = sender.backfill ? earliestMs : nowMs - options.maxPastDays * dayMs;
    this.#latest = nowMs + options.maxFutureSeconds * 1000;
  }

  /**
   * Takes one value.
   *
   * @param time Unix milliseconds.
   * @param start of a counter, since when it counts; 0 where that is not known.
   * @returns false when it is refused.
   */
  add(series: Series, time: number, value: number, start = 0): boolean {
    if (!(time >= this.#earliest && time <= this.#latest))
      return this.refuse(() => this.#outOfBounds(series, time, value));
    if (!Number.isFinite(value)) return this.skip('not_finite');
    if (series.kind !== 'counter') return this.#keep(series, time, value);
    this.recall(series);
    const before = { time: series.lastTime, total: series.lastTotal, start: series.lastStart };
    const increase = increaseOf(series, time, value, start, this.aliveSince);
    if (time <= before.time) return this.skip('out_of_order');
    this.#totals.push({ series, now: { time, total: value, start }, before });
    if (increase === undefined) return this.skip('first_total');
    return this.#keep(series, time, increase);
  }

  /** Reminds a counter that was not heard since the start of its last total before. */
  recall(series: Series): void {
    if (series.lastTime !== Number.NEGATIVE_INFINITY) return;
    const known = this.#options.totals.find(series.row.series_id);
    if (known !== undefined) setTotal(series, known);
  }

  /** Whether a series was a counter when it was heard before, maybe by an earlier process. */
  isKnownCounter({ row }: Series): boolean {
    return this.#options.totals.find(row.series_id) !== undefined;
  }

  /** Counts a value that says nothing. */
  skip(reason: SkipReason): true {
    this.#skipped[reason]++;
    return true;
  }

  /** Refuses a value; of more than a hundred, the others are only counted. */
  refuse(describe: () => Omit<Refusal, 'kind'>): false {
    this.#refused++;
    if (this.#refusals.length < maxRefusals) this.#refusals.push({ kind: 'samples', ...describe() });
    return false;
  }

  /** Refuses a value of a series that cannot be one. */
  refuseSeries(detail: string): false {
    return this.refuse(() => ({ reason: 'invalid', detail, record: null }));
  }

  /**
   * Stores what was taken, and keeps what was refused in quarantine.
   *
   * @throws AppError as the writer; nothing is known to be stored, and the counters are as before.
   */
  async store(): Promise<IntakeOutcome> {
    try {
      this.#sender.charge?.(this.#batch.length + this.#skippedCount() + this.#refused);
      await this.#batch.store();
    } catch (error) {
      this.takeBack();
      throw error;
    }
    await this.#options.totals.keep(
      this.#totals.map(({ series, now }) => ({ seriesId: series.row.series_id, ...now })),
    );
    if (this.#refused > 0) await this.#quarantine();
    const stored = this.#batch.length;
    const outcome = {
      stored,
      refused: this.#refused,
      skipped: this.#skipped,
      reasons: this.#refusals.slice(0, maxReasons).map(({ detail }) => detail),
    };
    return { taken: stored + this.#skippedCount(), ...outcome };
  }

  /** Puts counters back to where they were before this request, of which nothing was stored. */
  takeBack(): void {
    for (const { series, now, before } of this.#totals.reverse()) {
      // Another request may have gone on from here.
      if (series.lastTime === now.time) setTotal(series, before);
    }
  }

  #keep(series: Series, time: number, value: number): true {
    this.#batch.add(series, time, value);
    return true;
  }

  #skippedCount(): number {
    return Object.values(this.#skipped).reduce((sum, count) => sum + count, 0);
  }

  #quarantine(): Promise<void> {
    const from = { tenant: this.#sender.tenant, source: this.#source };
    return this.#options.quarantine.keep(from, this.#refusals, { invalid: this.#refused - this.#refusals.length });
  }

  #outOfBounds(series: Series, time: number, value: number): Omit<Refusal, 'kind'> {
    const { metric, labels, aggregation, unit } = series.row;
    const shown = (ms: number) => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms));
    const isTotal = series.kind === 'counter';
    return {
      reason: time < this.#earliest ? 'late' : 'future',
      detail: `${metric}: ${shown(time)} is out of bounds; allowed: ${shown(this.#earliest)} to ${shown(this.#latest)}`,
      record: { metric, labels, time, [isTotal ? 'total' : 'value']: value, aggregation, unit },
    };
  }
}

function setTotal(series: Series, { time, total, start }: CounterTotal): void {
  series.lastTime = time;
  series.lastTotal = total;
  series.lastStart = start;
}
