import { beganBeforeUs } from './increase.ts';
import type { SampleIntake } from './sample-intake.ts';
import { Series, type SeriesKind } from './series-book.ts';
import type { SeriesIdentity } from './series-identity.ts';

/** Buckets in ascending order: `counts[i]` values lie in `(lowers[i], uppers[i]]`. */
export interface Buckets {
  /** Two states of a histogram can be compared bucket by bucket only when their scheme is the same. */
  scheme: string;
  lowers: readonly number[];
  uppers: readonly number[];
  counts: readonly number[];
}

/** One state of a histogram, of any protocol. */
export interface HistogramPoint {
  /** Unix milliseconds; `start` is 0 where it is not known. */
  time: number;
  start: number;
  count: number;
  sum: number | undefined;
  buckets: Buckets | undefined;
}

const quantiles = [0.5, 0.95, 0.99] as const;

/**
 * A histogram as series: NAME_count and NAME_sum, and NAME with a label `quantile` for the 50th, 95th and 99th
 * percentile of what was observed since the last point.
 */
export class HistogramSeries {
  readonly kind: SeriesKind;
  readonly #count: Series;
  readonly #sum: Series;
  readonly #quantiles: readonly Series[];
  #lastBuckets: Buckets | undefined;

  /** @param kind `counter` for running totals, `delta` for increases, `gauge` for a state that goes up and down. */
  constructor(tenant: string, { metric, labels }: SeriesIdentity, kind: SeriesKind, unit: string) {
    this.kind = kind;
    this.#count = new Series(tenant, { metric: `${metric}_count`, labels }, kind, '1');
    this.#sum = new Series(tenant, { metric: `${metric}_sum`, labels }, kind, unit);
    this.#quantiles = quantiles.map((quantile) => {
      const own = Object.assign(Object.create(null), labels, { quantile: String(quantile) });
      return new Series(tenant, { metric, labels: own }, 'gauge', unit);
    });
  }

  /**
   * Takes one state of the histogram.
   *
   * @returns false when it is refused.
   */
  add(intake: SampleIntake, point: HistogramPoint): boolean {
    const { time, start, count, sum } = point;
    if (this.kind === 'counter') intake.recall(this.#count);
    const isNew = time > this.#count.lastTime;
    const isFirst = this.#count.lastTime === Number.NEGATIVE_INFINITY;
    const isReset = count < this.#count.lastTotal || (this.#count.lastStart > 0 && start > this.#count.lastStart);
    const isWhole = isFirst ? !beganBeforeUs(start, intake.aliveSince) : isReset;
    if (!intake.add(this.#count, time, count, start)) return false;
    if (sum !== undefined) intake.add(this.#sum, time, sum, start);
    if (isNew) this.#addQuantiles(intake, point, isWhole);
    return true;
  }

  /** @param isWhole all that a running total holds came since the last point. */
  #addQuantiles(intake: SampleIntake, { time, buckets }: HistogramPoint, isWhole: boolean): void {
    const before = this.#lastBuckets;
    this.#lastBuckets = this.kind === 'counter' ? buckets : undefined;
    if (buckets === undefined) return;
    const recent = this.kind === 'counter' && !isWhole ? increaseOfBuckets(before, buckets) : buckets;
    if (recent === undefined) return;
    for (let i = 0; i < quantiles.length; i++) {
      const value = quantileOfBuckets(recent, quantiles[i]!);
      if (value !== undefined) intake.add(this.#quantiles[i]!, time, value);
    }
  }
}

/** What came into each bucket since `before`; undefined where that cannot be told. */
export function increaseOfBuckets(before: Buckets | undefined, now: Buckets): Buckets | undefined {
  if (before === undefined || before.scheme !== now.scheme) return undefined;
  const last = new Map(before.uppers.map((upper, i) => [upper, before.counts[i]!]));
  const counts = now.counts.map((count, i) => Math.max(0, count - (last.get(now.uppers[i]!) ?? 0)));
  return { ...now, counts };
}

/**
 * A quantile out of buckets. Within a bucket, values are taken to lie evenly, on a logarithmic scale where both bounds
 * are positive, which is what exponential buckets are made for. A bucket without a finite bound gives its other one.
 *
 * @returns undefined of empty buckets.
 * @see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 * @example
 * quantileOfBuckets({ scheme: '', lowers: [0, 10], uppers: [10, 20], counts: [5, 5] }, 0.5) // 10
 */
export function quantileOfBuckets({ scheme, lowers, uppers, counts }: Buckets, quantile: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) return undefined;
  let rest = quantile * total;
  let i = 0;
  while (i < counts.length - 1 && (counts[i] === 0 || rest > counts[i]!)) rest -= counts[i++]!;
  // The rounding of the sums may lead beyond the last bucket that holds something.
  while (counts[i] === 0) i--;
  const lower = lowers[i]!;
  const upper = uppers[i]!;
  if (!Number.isFinite(upper)) return lower;
  if (!Number.isFinite(lower)) return upper;
  const share = Math.min(1, Math.max(0, rest / counts[i]!));
  const isLogarithmic = scheme.startsWith('exponential') && lower * upper > 0;
  return isLogarithmic ? lower * (upper / lower) ** share : lower + (upper - lower) * share;
}
