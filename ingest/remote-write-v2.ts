import { createBreather } from '../telemetry/turn.ts';
import { type MetricMetadata, metricTypes } from './metric-metadata.ts';
import type { RemoteWriteReading } from './remote-write.ts';
import { isStaleMarker, type NativeHistogram, readNativeHistogram } from './remote-write-histogram.ts';
import { UnfitSeries } from './series-identity.ts';
import { bytesTag, fixed64Tag, varintTag, WireError, WireReader } from './wire.ts';

const seriesPerCheck = 256;

/**
 * Reads a message `io.prometheus.write.v2.Request` (remote write 2.0). Texts stand in a table of symbols, which comes
 * before the series; a series is recognised by its labels.
 *
 * @throws WireError
 * @see https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/
 */
export async function readRequestV2(message: Buffer, reading: RemoteWriteReading): Promise<void> {
  const reader = new WireReader(message);
  const end = message.length;
  const symbols = readSymbols(message);
  const breather = createBreather();
  for (let i = 1; reader.pos < end; i++) {
    const tag = reader.tag();
    if (tag === bytesTag(5)) takeTimeSeries(readTimeSeries(reader, reader.messageEnd(end), symbols), reading);
    else reader.skip(tag, end);
    if (i % seriesPerCheck === 0 && breather.isDue()) await breather.now();
  }
}

function readSymbols(message: Buffer): string[] {
  const reader = new WireReader(message);
  const symbols: string[] = [];
  while (reader.pos < message.length) {
    const tag = reader.tag();
    if (tag === bytesTag(4)) symbols.push(reader.text(message.length));
    else reader.skip(tag, message.length);
  }
  if (symbols.length > 0 && symbols[0] !== '') throw new WireError('the first symbol is not empty');
  return symbols;
}

interface TimeSeries {
  pairs: string[];
  samples: { time: number; value: number; start: number; isStale: boolean }[];
  histograms: NativeHistogram[];
  exemplars: number;
  metadata: MetricMetadata;
  /** Since when the series counts, where its samples do not say so themselves; Unix milliseconds or 0. */
  created: number;
}

function readTimeSeries(reader: WireReader, end: number, symbols: readonly string[]): TimeSeries {
  const series: TimeSeries = {
    pairs: [],
    samples: [],
    histograms: [],
    exemplars: 0,
    metadata: { type: 'unknown', unit: '' },
    created: 0,
  };
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === bytesTag(1)) {
      const packedEnd = reader.messageEnd(end);
      while (reader.pos < packedEnd) series.pairs.push(symbolAt(symbols, reader.varint()));
      reader.finish(packedEnd);
    } else if (tag === varintTag(1)) {
      series.pairs.push(symbolAt(symbols, reader.varint()));
    } else if (tag === bytesTag(2)) {
      series.samples.push(readSample(reader, reader.messageEnd(end)));
    } else if (tag === bytesTag(3)) {
      series.histograms.push(readNativeHistogram(reader, reader.messageEnd(end)));
    } else if (tag === bytesTag(4)) {
      series.exemplars++;
      reader.skip(tag, end);
    } else if (tag === bytesTag(5)) {
      series.metadata = readMetadata(reader, reader.messageEnd(end), symbols);
    } else if (tag === varintTag(6)) {
      series.created = reader.int64();
    } else {
      reader.skip(tag, end);
    }
  }
  reader.finish(end);
  if (series.pairs.length % 2 !== 0) throw new WireError('labels_refs has a name without a value');
  return series;
}

function takeTimeSeries(
  { pairs, samples, histograms, exemplars, metadata, created }: TimeSeries,
  reading: RemoteWriteReading,
): void {
  const key = `2\0${pairs.join('\0')}`;
  if (samples.length > 0) {
    const series = reading.seriesOf(key, () => pairs, metadata);
    for (const { time, value, start, isStale } of samples) {
      if (isStale && !(series instanceof UnfitSeries)) reading.skipStale();
      else reading.addSample(series, time, value, start || created);
    }
  }
  for (let i = 0; i < exemplars; i++) reading.intake.skip('exemplar');
  for (const histogram of histograms) {
    const series = reading.histogramOf(key, histogram.isGauge, () => pairs, metadata);
    reading.addHistogram(series, { ...histogram, start: histogram.start || created });
  }
}

function readSample(reader: WireReader, end: number): TimeSeries['samples'][number] {
  const sample = { time: 0, value: 0, start: 0, isStale: false };
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === fixed64Tag(1)) {
      sample.value = reader.double(end);
      sample.isStale = Number.isNaN(sample.value) && isStaleMarker(reader.bytes, reader.pos - 8);
    } else if (tag === varintTag(2)) {
      sample.time = reader.int64();
    } else if (tag === varintTag(3)) {
      sample.start = reader.int64();
    } else {
      reader.skip(tag, end);
    }
  }
  reader.finish(end);
  return sample;
}

function readMetadata(reader: WireReader, end: number, symbols: readonly string[]): MetricMetadata {
  let type = 0;
  let unit = '';
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === varintTag(1)) type = reader.varint();
    else if (tag === varintTag(4)) unit = symbolAt(symbols, reader.varint());
    else reader.skip(tag, end);
  }
  reader.finish(end);
  return { type: metricTypes[type] ?? 'unknown', unit };
}

function symbolAt(symbols: readonly string[], at: number): string {
  const symbol = symbols[at];
  if (symbol === undefined) throw new WireError(`there is no symbol ${at}`);
  return symbol;
}
