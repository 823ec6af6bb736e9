import { AppError } from '../telemetry/errors.ts';
import { HistogramSeries } from './histogram-series.ts';
import {
  kindOfPrometheusSeries,
  MetadataBook,
  type MetricMetadata,
  unitOfPrometheusSeries,
} from './metric-metadata.ts';
import type { Sender } from './native.ts';
import { RecentMap } from './recent-map.ts';
import type { NativeHistogram } from './remote-write-histogram.ts';
import { readRequestV1 } from './remote-write-v1.ts';
import { readRequestV2 } from './remote-write-v2.ts';
import { type IntakeOptions, type IntakeOutcome, SampleIntake } from './sample-intake.ts';
import { maxTenants, Series, SeriesBook } from './series-book.ts';
import { identify, type SeriesIdentity, UnfitSeries } from './series-identity.ts';
import { SeriesTrail, SeriesWalk } from './series-trail.ts';
import { WireError } from './wire.ts';

export type RemoteWriteVersion = 1 | 2;

/** What became of one request. */
export interface RemoteWriteOutcome extends IntakeOutcome {
  /** What was taken, by kind; the samples that histograms became are not counted among the samples. */
  samples: number;
  histograms: number;
}

export interface RemoteWrite {
  /**
   * Takes one message, decompressed, and answers when what is good in it is stored.
   *
   * @throws AppError `invalid_request` of bytes that are not the message; as the writer.
   */
  write(message: Buffer, version: RemoteWriteVersion, sender: Sender): Promise<RemoteWriteOutcome>;
}

/** The first of these labels names the agent of a series that has no label `agent`. */
const agentLabels = ['instance', 'job'];

/** What a tenant's senders have sent lately, as the protocol spells it. */
interface TenantBooks {
  tenant: string;
  series: ReturnType<SeriesBook['of']>;
  histograms: ReturnType<SeriesBook<HistogramSeries>['of']>;
  metadata: MetadataBook;
  trail: SeriesTrail;
}

/** Prometheus remote write, 1.0 and 2.0. Series are interned: of a known one, only its samples are looked at. */
export function createRemoteWrite(options: IntakeOptions): RemoteWrite {
  const seriesBook = new SeriesBook();
  const histogramBook = new SeriesBook<HistogramSeries>();
  const tenantBooks = new RecentMap<TenantBooks>(maxTenants);
  const aliveSince = options.now().getTime();

  function booksOf(tenant: string): TenantBooks {
    let books = tenantBooks.get(tenant);
    if (books === undefined) {
      const [series, histograms] = [seriesBook.of(tenant), histogramBook.of(tenant)];
      books = { tenant, series, histograms, metadata: new MetadataBook(), trail: new SeriesTrail() };
      tenantBooks.set(tenant, books);
    }
    if (books.trail.patterns.isFull) books.trail = new SeriesTrail();
    return books;
  }

  return {
    async write(message, version, sender) {
      const intake = new SampleIntake(options, sender, 'remote_write', aliveSince);
      const reading = new RemoteWriteReading(intake, booksOf(sender.tenant), message);
      try {
        await (version === 1 ? readRequestV1 : readRequestV2)(message, reading);
      } catch (error) {
        intake.takeBack();
        if (!(error instanceof WireError)) throw error;
        throw new AppError('invalid_request', `the body is not a remote write ${version}.0 message: ${error.message}`);
      }
      const outcome = await intake.store();
      return { ...outcome, samples: reading.samples, histograms: reading.histograms };
    },
  };
}

/** The reading of one request: finds the series that the message spells, and counts. */
export class RemoteWriteReading {
  readonly intake: SampleIntake;
  readonly metadata: MetadataBook;
  readonly walk: SeriesWalk;
  readonly #books: TenantBooks;
  /** Values and histograms that were taken. */
  samples = 0;
  histograms = 0;

  constructor(intake: SampleIntake, books: TenantBooks, message: Buffer) {
    this.intake = intake;
    this.metadata = books.metadata;
    this.walk = new SeriesWalk(books.trail, books.series, message);
    this.#books = books;
  }

  /**
   * The series that is spelled so, or what is wrong with it.
   *
   * @param key the spelling, the same for the same labels.
   * @param readPairs reads the labels of a series that is not known yet.
   * @param own the metadata that came with the series, if any.
   */
  seriesOf(key: string, readPairs: () => string[], own?: MetricMetadata): Series | UnfitSeries {
    let series = this.#books.series.get(key);
    if (series === undefined) {
      const identity = identityOf(readPairs());
      if (identity instanceof UnfitSeries) return identity;
      series = new Series(this.#books.tenant, identity, 'gauge', '');
      this.#books.series.set(key, series);
    }
    if (own === undefined) this.refreshKind(series);
    else this.#decideKind(series, own);
    return series;
  }

  /** Looks again what a series is, when metadata has come since it was decided. */
  refreshKind(series: Series): void {
    if (series.metadataVersion === this.metadata.version) return;
    this.#decideKind(series, this.metadata.find(series.row.metric) ?? unknownMetadata);
    series.metadataVersion = this.metadata.version;
  }

  /** The native histogram that is spelled so, or what is wrong with it. */
  histogramOf(
    key: string,
    isGauge: boolean,
    readPairs: () => string[],
    own?: MetricMetadata,
  ): HistogramSeries | UnfitSeries {
    const kind = isGauge ? 'gauge' : 'counter';
    const known = this.#books.histograms.get(key);
    if (known?.kind === kind) return known;
    const identity = identityOf(readPairs());
    if (identity instanceof UnfitSeries) return identity;
    const { unit } = own ?? this.metadata.find(identity.metric) ?? unknownMetadata;
    const series = new HistogramSeries(
      this.#books.tenant,
      identity,
      kind,
      unitOfPrometheusSeries(identity.metric, unit),
    );
    this.#books.histograms.set(key, series);
    return series;
  }

  /** Takes a value of a series, or refuses it where the series itself is wrong. */
  addSample(series: Series | UnfitSeries, time: number, value: number, start: number): void {
    if (series instanceof UnfitSeries) this.intake.refuseSeries(series, { time, value });
    else if (this.intake.add(series, time, value, start)) this.samples++;
  }

  /** Takes a state of a native histogram. */
  addHistogram(series: HistogramSeries | UnfitSeries, histogram: NativeHistogram): void {
    if (series instanceof UnfitSeries) this.intake.refuseSeries(series, { time: histogram.time });
    else if (histogram.isStale ? this.intake.skip('stale') : series.add(this.intake, histogram)) this.histograms++;
  }

  skipStale(): void {
    this.intake.skip('stale');
    this.samples++;
  }

  #decideKind(series: Series, { type, unit }: MetricMetadata): void {
    const { metric } = series.row;
    const known = type === 'unknown' && this.intake.isKnownCounter(series) ? 'counter' : type;
    series.become(kindOfPrometheusSeries(metric, known), unitOfPrometheusSeries(metric, unit));
  }
}

const unknownMetadata: MetricMetadata = { type: 'unknown', unit: '' };

function identityOf(pairs: string[]): SeriesIdentity | UnfitSeries {
  const at = pairs.findIndex((text, i) => i % 2 === 0 && text === '__name__');
  const metric = at === -1 ? '' : pairs[at + 1]!;
  const names = new Set<string>();
  for (let i = 0; i < pairs.length; i += 2) {
    if (names.has(pairs[i]!)) return new UnfitSeries(`${metric} has the label ${pairs[i]} twice`, metric, pairs);
    names.add(pairs[i]!);
  }
  return identify(metric, at === -1 ? pairs : pairs.toSpliced(at, 2), agentLabels);
}
