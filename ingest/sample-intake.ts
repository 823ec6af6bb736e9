import type { CounterTotal, CounterTotals } from './counter-totals.ts';
import { increaseOf } from './increase.ts';
import type { Sender } from './native.ts';
import type { Quarantine, QuarantineReason, Refusal } from './quarantine.ts';
import { SampleBatch, type SampleBatchOptions } from './sample-batch.ts';
import type { Series } from './series-book.ts';
import type { UnfitSeries } from './series-identity.ts';
import { clampTime, describeClamp, type TimeBounds, type TimeLimits, timeBounds } from './time-bounds.ts';

export interface IntakeOptions extends SampleBatchOptions, TimeLimits {
  quarantine: Quarantine;
  totals: CounterTotals;
  now: () => Date;
}

/** Why a value that is well formed is not stored: it says nothing, and sending it was no fault. */
export const skipReasons = ['stale', 'not_finite', 'first_total', 'out_of_order', 'exemplar'] as const;
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
const maxSetAside = 100;
/** A counter that began so lately has told no replica before: exporters send once a minute. */
const firstTotalMs = 2 * 60_000;

/**
 * Takes the samples of one request, of any protocol whose series are interned, and stores them together. Columns are
 * kept instead of objects: a request has thousands of samples.
 */
export class SampleIntake {
  readonly #options: IntakeOptions;
  readonly #sender: Sender;
  readonly #source: string;
  readonly #bounds: TimeBounds;
  /** Unix milliseconds since which all totals of all counters have come by here. */
  readonly aliveSince: number;
  readonly #batch: SampleBatch;
  /** Totals of this request, and those before it, to be put back when it is not stored. */
  readonly #totals: { series: Series; now: CounterTotal; before: CounterTotal }[] = [];
  readonly #skipped: Record<SkipReason, number> = {
    stale: 0,
    not_finite: 0,
    first_total: 0,
    out_of_order: 0,
    exemplar: 0,
  };
  readonly #setAside: Refusal[] = [];
  readonly #notShown: Partial<Record<QuarantineReason, number>> = {};
  readonly #reasons: string[] = [];
  #refused = 0;

  /** @param source the protocol, as the quarantine names it. */
  constructor(options: IntakeOptions, sender: Sender, source: string, aliveSince: number) {
    this.#options = options;
    this.#sender = sender;
    this.#source = source;
    const nowMs = sender.receivedAt ?? options.now().getTime();
    this.aliveSince = options.totals.areShared() ? Math.max(aliveSince, nowMs - firstTotalMs) : aliveSince;
    this.#batch = new SampleBatch(options, sender, nowMs);
    this.#bounds = timeBounds(options, { nowMs, backfill: sender.backfill });
  }

  /**
   * Takes one value.
   *
   * @param time Unix milliseconds.
   * @param start of a counter, since when it counts; 0 where that is not known.
   * @returns false when it is refused.
   */
  add(series: Series, time: number, value: number, start = 0): boolean {
    if (!(time >= this.#bounds.earliest && time <= this.#bounds.latest)) {
      const clamped = clampTime(time, this.#bounds);
      if (clamped === undefined) return this.#refuseTime(series, time, value);
      this.#keepAside('clamped', () => ({
        detail: describeClamp(time, clamped),
        record: recordOf(series, time, value),
      }));
      return this.add(series, clamped, value, start === 0 ? 0 : start + clamped - time);
    }
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

  /** Refuses a value of what does not name a series. */
  refuseSeries({ problem, metric, pairs }: UnfitSeries, point: { time: number; value?: number }): false {
    const labels = () => Object.fromEntries(pairs.flatMap((name, i) => (i % 2 === 0 ? [[name, pairs[i + 1]!]] : [])));
    return this.#refuse('invalid', () => ({ detail: problem, record: { metric, labels: labels(), ...point } }));
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
    if (this.#setAside.length > 0) {
      const from = { tenant: this.#sender.tenant, source: this.#source };
      await this.#options.quarantine.keep(from, this.#setAside, this.#notShown);
    }
    const stored = this.#batch.length;
    const outcome = {
      stored,
      refused: this.#refused,
      skipped: this.#skipped,
      reasons: this.#reasons,
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

  #refuse(reason: QuarantineReason, describe: () => Pick<Refusal, 'detail' | 'record'>): false {
    this.#refused++;
    const kept = this.#keepAside(reason, describe);
    if (kept !== undefined && this.#reasons.length < maxReasons) this.#reasons.push(kept.detail);
    return false;
  }

  /** Keeps a value for the quarantine; of more than a hundred, the others are only counted. */
  #keepAside(reason: QuarantineReason, describe: () => Pick<Refusal, 'detail' | 'record'>): Refusal | undefined {
    if (this.#setAside.length >= maxSetAside) {
      this.#notShown[reason] = (this.#notShown[reason] ?? 0) + 1;
      return undefined;
    }
    const refusal = { kind: 'samples', reason, ...describe() };
    this.#setAside.push(refusal);
    return refusal;
  }

  #refuseTime(series: Series, time: number, value: number): false {
    const { earliest, latest } = this.#bounds;
    const shown = (ms: number) => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms));
    return this.#refuse(time < earliest ? 'late' : 'future', () => ({
      detail: `${series.row.metric}: ${shown(time)} is out of bounds; allowed: ${shown(earliest)} to ${shown(latest)}`,
      record: recordOf(series, time, value),
    }));
  }
}

function setTotal(series: Series, { time, total, start }: CounterTotal): void {
  series.lastTime = time;
  series.lastTotal = total;
  series.lastStart = start;
}

/** A value as the native protocol spells it, but for the total of a counter, which that does not have. */
function recordOf({ row: { metric, labels, aggregation, unit }, kind }: Series, time: number, value: number): object {
  return { metric, labels, time, [kind === 'counter' ? 'total' : 'value']: value, aggregation, unit };
}
