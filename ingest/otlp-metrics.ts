import { type Buckets, type HistogramPoint, HistogramSeries } from './histogram-series.ts';
import type { AttributePairs } from './otlp-attributes.ts';
import type { Range } from './otlp-ranges.ts';
import type { Resource } from './otlp-resource.ts';
import type { SampleIntake } from './sample-intake.ts';
import { Series, type SeriesBook, type SeriesKind } from './series-book.ts';
import { identify, type SeriesIdentity, UnfitSeries } from './series-identity.ts';
import { type SeriesTrail, SeriesWalk } from './series-trail.ts';

/** What the points of one metric have in common. */
export interface MetricHeader {
  name: string;
  /** UCUM. */
  unit: string;
  kind: SeriesKind;
}

/** Where a point belongs: the spelling of its attributes, and how to read them when they are not known yet. */
export interface PointIdentity {
  key: string;
  readAttributes: () => AttributePairs;
  /** Where the message spells the attributes, in one piece. */
  whole?: Range | undefined;
}

/** A point of a gauge or a sum. Times are Unix milliseconds, `start` 0 where it is not known. */
export interface NumberPoint {
  time: number;
  start: number;
  value: number;
}

export interface SummaryPoint extends Omit<HistogramPoint, 'buckets'> {
  quantiles: readonly { quantile: number; value: number }[];
}

/** What a tenant's exporters have sent lately. */
export interface OtlpBooks {
  tenant: string;
  series: ReturnType<SeriesBook['of']>;
  histograms: ReturnType<SeriesBook<HistogramSeries>['of']>;
  trail: SeriesTrail;
}

const maxUnitLength = 50;
const temporalityDelta = 1;

/** What the values of a sum are, of its temporality and whether it only grows. */
export function kindOfSum(temporality: number, isMonotonic: boolean): SeriesKind {
  if (temporality === temporalityDelta) return 'delta';
  return isMonotonic ? 'counter' : 'gauge';
}

/** What the values of a histogram or a summary are. */
export function kindOfHistogram(temporality: number): SeriesKind {
  return temporality === temporalityDelta ? 'delta' : 'counter';
}

/** The reading of one export of metrics, in either encoding: finds the series of each point and counts. */
export class OtlpMetricsReading {
  readonly intake: SampleIntake;
  readonly #books: OtlpBooks;
  readonly #walk: SeriesWalk;
  #resource: Resource = { agent: '', labels: [] };
  #resourceKey = '';
  #metric: MetricHeader = { name: '', unit: '', kind: 'gauge' };
  #metricKey = '';
  /** Data points that were taken. */
  points = 0;

  /** @param message the bytes that ranges speak of. */
  constructor(intake: SampleIntake, books: OtlpBooks, message: Buffer) {
    this.intake = intake;
    this.#books = books;
    this.#walk = new SeriesWalk(books.trail, books.series, message);
  }

  /** The metrics that follow come from a resource. */
  beginResource(resource: Resource): void {
    this.#resource = resource;
    this.#resourceKey = `${resource.labels.join('\0')}\0\0`;
  }

  /** The points that follow are of a metric. */
  beginMetric(metric: MetricHeader): void {
    this.#metric = metric;
    this.#metricKey = `${this.#resourceKey}${metric.name}\0${metric.unit}\0${metric.kind}\0\0`;
  }

  addNumber(identity: PointIdentity, { time, start, value }: NumberPoint): void {
    const series = this.#seriesOf(identity, this.#metric.kind);
    if (series instanceof UnfitSeries) this.intake.refuseSeries(series, { time, value });
    else if (this.intake.add(series, time, value, start)) this.points++;
  }

  addHistogram(identity: PointIdentity, point: HistogramPoint): void {
    const series = this.#histogramOf(identity);
    if (series instanceof UnfitSeries) this.intake.refuseSeries(series, { time: point.time });
    else if (series.add(this.intake, point)) this.points++;
  }

  addSummary(identity: PointIdentity, { quantiles, ...point }: SummaryPoint): void {
    const series = this.#histogramOf(identity);
    if (series instanceof UnfitSeries) {
      this.intake.refuseSeries(series, { time: point.time });
      return;
    }
    if (!series.add(this.intake, { ...point, buckets: undefined })) return;
    this.points++;
    for (const { quantile, value } of quantiles) {
      const own = {
        key: `${identity.key}\0${quantile}`,
        readAttributes: () => [...identity.readAttributes(), 'quantile', String(quantile)],
      };
      const quantileSeries = this.#seriesOf(own, 'gauge');
      if (!(quantileSeries instanceof UnfitSeries)) this.intake.add(quantileSeries, point.time, value);
    }
  }

  /** Exemplars are counted and not kept. */
  skipExemplars(count: number): void {
    for (let i = 0; i < count; i++) this.intake.skip('exemplar');
  }

  /** A point that says that nothing was recorded. */
  skipPoint(): void {
    this.intake.skip('stale');
    this.points++;
  }

  #seriesOf(point: PointIdentity, kind: SeriesKind): Series | UnfitSeries {
    const { whole } = point;
    if (whole === undefined) return this.#lookUp(point, kind);
    const followed = this.#walk.followWhole(whole.start, whole.end, this.#metricKey);
    if (followed !== undefined) return followed;
    const series = this.#lookUp(point, kind);
    if (!(series instanceof UnfitSeries)) this.#walk.mark(series, whole.start, whole.end, this.#metricKey);
    return series;
  }

  #lookUp({ key, readAttributes }: PointIdentity, kind: SeriesKind): Series | UnfitSeries {
    const spelling = this.#metricKey + key;
    let series = this.#books.series.get(spelling);
    if (series !== undefined) return series;
    const identity = this.#identify(readAttributes());
    if (identity instanceof UnfitSeries) return identity;
    series = new Series(this.#books.tenant, identity, kind, this.#metric.unit.slice(0, maxUnitLength));
    this.#books.series.set(spelling, series);
    return series;
  }

  #histogramOf({ key, readAttributes }: PointIdentity): HistogramSeries | UnfitSeries {
    const spelling = this.#metricKey + key;
    let series = this.#books.histograms.get(spelling);
    if (series !== undefined) return series;
    const identity = this.#identify(readAttributes());
    if (identity instanceof UnfitSeries) return identity;
    const { kind, unit } = this.#metric;
    series = new HistogramSeries(this.#books.tenant, identity, kind, unit.slice(0, maxUnitLength));
    this.#books.histograms.set(spelling, series);
    return series;
  }

  /** An attribute of a point stands before one of its resource with the same name. */
  #identify(attributes: AttributePairs): SeriesIdentity | UnfitSeries {
    const own = new Set(attributes.filter((_, i) => i % 2 === 0));
    const { labels } = this.#resource;
    const inherited = labels.flatMap((name, i) => (i % 2 === 0 && !own.has(name) ? [name, labels[i + 1]!] : []));
    return identify(this.#metric.name, [...attributes, ...inherited], []);
  }
}

/** The buckets of an explicit histogram: `counts` has one more than `bounds`. */
export function explicitBuckets(bounds: readonly number[], counts: readonly number[]): Buckets | undefined {
  if (counts.length !== bounds.length + 1 || bounds.length === 0) return undefined;
  const first = bounds[0]! > 0 ? 0 : Number.NEGATIVE_INFINITY;
  return {
    scheme: `explicit ${bounds.join(' ')}`,
    lowers: [first, ...bounds],
    uppers: [...bounds, Number.POSITIVE_INFINITY],
    counts,
  };
}

export interface ExponentialSide {
  offset: number;
  counts: readonly number[];
}

/**
 * The buckets of an exponential histogram in ascending order: bucket i holds (base^i, base^(i+1)], base 2^(2^-scale).
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
 */
export function exponentialBuckets(
  scale: number,
  zero: { count: number; threshold: number },
  positive: ExponentialSide,
  negative: ExponentialSide,
): Buckets {
  const edge = (i: number) => 2 ** (i * 2 ** -scale);
  const below = negative.counts.map((count, i) => ({ count, index: negative.offset + i })).reverse();
  const above = positive.counts.map((count, i) => ({ count, index: positive.offset + i }));
  const middle = zero.count > 0 ? [zero] : [];
  return {
    scheme: `exponential ${scale}`,
    lowers: [
      ...below.map(({ index }) => -edge(index + 1)),
      ...middle.map(({ threshold }) => (below.length > 0 ? -threshold : 0)),
      ...above.map(({ index }) => edge(index)),
    ],
    uppers: [
      ...below.map(({ index }) => -edge(index)),
      ...middle.map(({ threshold }) => threshold),
      ...above.map(({ index }) => edge(index + 1)),
    ],
    counts: [...below, ...middle, ...above].map(({ count }) => count),
  };
}
