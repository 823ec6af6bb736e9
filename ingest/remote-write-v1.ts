import { createBreather } from '../telemetry/turn.ts';
import { metricTypes } from './metric-metadata.ts';
import type { RemoteWriteReading } from './remote-write.ts';
import { isStaleMarker, readNativeHistogram } from './remote-write-histogram.ts';
import type { Series } from './series-book.ts';
import { UnfitSeries } from './series-identity.ts';
import { bytesTag, fixed64Tag, varintTag, WireError, WireReader } from './wire.ts';

const labelTag = bytesTag(1);
const exemplarTag = bytesTag(3);
const seriesPerCheck = 256;

/**
 * Reads a message `prometheus.WriteRequest` (remote write 1.0). A series is recognised by the bytes of its labels.
 *
 * @throws WireError
 * @see https://prometheus.io/docs/specs/prw/remote_write_spec/
 */
export async function readRequestV1(message: Buffer, reading: RemoteWriteReading): Promise<void> {
  const reader = new WireReader(message);
  const end = message.length;
  const breather = createBreather();
  for (let i = 1; reader.pos < end; i++) {
    const tag = reader.tag();
    if (tag === bytesTag(1)) readTimeSeries(reader, reader.messageEnd(end), reading);
    else if (tag === bytesTag(3)) readMetadata(reader, reader.messageEnd(end), reading);
    else reader.skip(tag, end);
    if (i % seriesPerCheck === 0 && breather.isDue()) await breather.now();
  }
}

function readTimeSeries(reader: WireReader, end: number, reading: RemoteWriteReading): void {
  const start = reader.pos;
  let series: Series | UnfitSeries | undefined = reading.walk.follow(start, end, labelTag);
  if (series === undefined) passLabels(reader, end);
  else {
    reader.pos = reading.walk.spellingEnd;
    reading.refreshKind(series);
  }
  const labelsEnd = reader.pos;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === bytesTag(2)) {
      series ??= findSeries(reader, start, labelsEnd, reading);
      readSample(reader, reader.messageEnd(end), series, reading);
    } else if (tag === bytesTag(4)) {
      const histogram = readNativeHistogram(reader, reader.messageEnd(end));
      reading.addHistogram(findHistogram(reader, start, labelsEnd, histogram.isGauge, reading), histogram);
    } else if (tag === exemplarTag) {
      reading.intake.skip('exemplar');
      reader.skip(tag, end);
    } else if (tag === labelTag) {
      // Fields may come in any order, but every known sender writes them by their numbers.
      throw new WireError('a series has labels behind its samples');
    } else {
      reader.skip(tag, end);
    }
  }
  reader.finish(end);
}

/** The series that the labels from `start` to `end` spell, or what is wrong with it. */
function findSeries(
  { bytes }: WireReader,
  start: number,
  end: number,
  reading: RemoteWriteReading,
): Series | UnfitSeries {
  const series = reading.seriesOf(bytes.toString('latin1', start, end), () => readLabels(bytes, start, end));
  if (!(series instanceof UnfitSeries)) reading.walk.mark(series, start, end);
  return series;
}

function findHistogram(
  { bytes }: WireReader,
  start: number,
  end: number,
  isGauge: boolean,
  reading: RemoteWriteReading,
): ReturnType<RemoteWriteReading['histogramOf']> {
  const key = bytes.toString('latin1', start, end);
  return reading.histogramOf(key, isGauge, () => readLabels(bytes, start, end));
}

function passLabels(reader: WireReader, end: number): void {
  while (reader.pos < end && reader.bytes[reader.pos] === labelTag) {
    reader.pos++;
    reader.pos = reader.messageEnd(end);
  }
}

function readSample(reader: WireReader, end: number, series: Series | UnfitSeries, reading: RemoteWriteReading): void {
  let value = 0;
  let time = 0;
  let isStale = false;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === fixed64Tag(1)) {
      value = reader.double(end);
      isStale = Number.isNaN(value) && isStaleMarker(reader.bytes, reader.pos - 8);
    } else if (tag === varintTag(2)) {
      time = reader.int64();
    } else {
      reader.skip(tag, end);
    }
  }
  reader.finish(end);
  if (isStale && !(series instanceof UnfitSeries)) reading.skipStale();
  else reading.addSample(series, time, value, 0);
}

function readLabels(bytes: Buffer, start: number, end: number): string[] {
  const reader = new WireReader(bytes);
  reader.pos = start;
  const pairs: string[] = [];
  while (reader.pos < end) {
    reader.tag();
    const labelEnd = reader.messageEnd(end);
    let name = '';
    let value = '';
    while (reader.pos < labelEnd) {
      const tag = reader.tag();
      if (tag === bytesTag(1)) name = reader.text(labelEnd);
      else if (tag === bytesTag(2)) value = reader.text(labelEnd);
      else reader.skip(tag, labelEnd);
    }
    reader.finish(labelEnd);
    pairs.push(name, value);
  }
  return pairs;
}

function readMetadata(reader: WireReader, end: number, { metadata }: RemoteWriteReading): void {
  let type = 0;
  let family = '';
  let unit = '';
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === varintTag(1)) type = reader.varint();
    else if (tag === bytesTag(2)) family = reader.text(end);
    else if (tag === bytesTag(4)) unit = reader.text(end);
    else reader.skip(tag, end);
  }
  reader.finish(end);
  metadata.set(family, { type: metricTypes[type] ?? 'unknown', unit });
}
