import {
  type ExponentialSide,
  explicitBuckets,
  exponentialBuckets,
  type OtlpMetricsReading,
  type SummaryPoint,
} from './otlp-metrics.ts';
import { AttributeRange, toTimes } from './otlp-ranges.ts';
import { bytesTag, fixed64Tag, varintTag, WireError, type WireReader } from './wire.ts';

/** Beyond it the bounds of buckets are no numbers. */
const maxScale = 20;

/** Reads a message `HistogramDataPoint`. */
export function readHistogramPoint(reader: WireReader, end: number, reading: OtlpMetricsReading): void {
  const attributes = new AttributeRange(reader);
  const point = emptyPoint();
  const counts: number[] = [];
  const bounds: number[] = [];
  let flags = 0;
  while (reader.pos < end) {
    const tagAt = reader.pos;
    const tag = reader.tag();
    if (tag === bytesTag(9)) attributes.pass(tagAt, end);
    else if (tag === bytesTag(6)) reader.packed(end, counts, (packedEnd) => reader.fixed64(packedEnd));
    else if (tag === fixed64Tag(6)) counts.push(reader.fixed64(end));
    else if (tag === bytesTag(7)) reader.packed(end, bounds, (packedEnd) => reader.double(packedEnd));
    else if (tag === fixed64Tag(7)) bounds.push(reader.double(end));
    else if (tag === varintTag(10)) flags = reader.varint();
    else if (tag === bytesTag(8)) {
      reading.skipExemplars(1);
      reader.skip(tag, end);
    } else if (!readShared(reader, tag, end, point)) reader.skip(tag, end);
  }
  reader.finish(end);
  if (flags % 2 === 1) reading.skipPoint();
  else
    reading.addHistogram(attributes, {
      ...point,
      ...toTimes(point.start, point.time),
      buckets: explicitBuckets(bounds, counts),
    });
}

/** Reads a message `ExponentialHistogramDataPoint`. */
export function readExponentialPoint(reader: WireReader, end: number, reading: OtlpMetricsReading): void {
  const attributes = new AttributeRange(reader);
  const point = emptyPoint();
  const zero = { count: 0, threshold: 0 };
  let positive: ExponentialSide = { offset: 0, counts: [] };
  let negative: ExponentialSide = { offset: 0, counts: [] };
  let scale = 0;
  let flags = 0;
  while (reader.pos < end) {
    const tagAt = reader.pos;
    const tag = reader.tag();
    if (tag === bytesTag(1)) attributes.pass(tagAt, end);
    else if (tag === varintTag(6)) scale = reader.sint();
    else if (tag === fixed64Tag(7)) zero.count = reader.fixed64(end);
    else if (tag === bytesTag(8)) positive = readSide(reader, reader.messageEnd(end));
    else if (tag === bytesTag(9)) negative = readSide(reader, reader.messageEnd(end));
    else if (tag === varintTag(10)) flags = reader.varint();
    else if (tag === bytesTag(11)) {
      reading.skipExemplars(1);
      reader.skip(tag, end);
    } else if (tag === fixed64Tag(14)) zero.threshold = reader.double(end);
    else if (!readShared(reader, tag, end, point)) reader.skip(tag, end);
  }
  reader.finish(end);
  if (Math.abs(scale) > maxScale) throw new WireError(`an exponential histogram has the scale ${scale}`);
  if (flags % 2 === 1) reading.skipPoint();
  else
    reading.addHistogram(attributes, {
      ...point,
      ...toTimes(point.start, point.time),
      buckets: exponentialBuckets(scale, zero, positive, negative),
    });
}

/** Reads a message `SummaryDataPoint`. */
export function readSummaryPoint(reader: WireReader, end: number, reading: OtlpMetricsReading): void {
  const attributes = new AttributeRange(reader);
  const point = emptyPoint();
  const quantiles: { quantile: number; value: number }[] = [];
  let flags = 0;
  while (reader.pos < end) {
    const tagAt = reader.pos;
    const tag = reader.tag();
    if (tag === bytesTag(7)) attributes.pass(tagAt, end);
    else if (tag === bytesTag(6)) quantiles.push(readQuantile(reader, reader.messageEnd(end)));
    else if (tag === varintTag(8)) flags = reader.varint();
    else if (!readShared(reader, tag, end, point)) reader.skip(tag, end);
  }
  reader.finish(end);
  if (flags % 2 === 1) reading.skipPoint();
  else reading.addSummary(attributes, { ...point, ...toTimes(point.start, point.time), quantiles });
}

type SharedPoint = Omit<SummaryPoint, 'quantiles'>;

const emptyPoint = (): SharedPoint => ({ time: 0, start: 0, count: 0, sum: undefined });

/** The fields that all three have under the same numbers; times in nanoseconds as yet. */
function readShared(reader: WireReader, tag: number, end: number, point: SharedPoint): boolean {
  if (tag === fixed64Tag(2)) point.start = reader.fixed64(end);
  else if (tag === fixed64Tag(3)) point.time = reader.fixed64(end);
  else if (tag === fixed64Tag(4)) point.count = reader.fixed64(end);
  else if (tag === fixed64Tag(5)) point.sum = reader.double(end);
  else return false;
  return true;
}

function readSide(reader: WireReader, end: number): ExponentialSide {
  const counts: number[] = [];
  let offset = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === varintTag(1)) offset = reader.sint();
    else if (tag === bytesTag(2)) reader.packed(end, counts, () => reader.varint());
    else if (tag === varintTag(2)) counts.push(reader.varint());
    else reader.skip(tag, end);
  }
  reader.finish(end);
  return { offset, counts };
}

function readQuantile(reader: WireReader, end: number): { quantile: number; value: number } {
  const read = { quantile: 0, value: 0 };
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === fixed64Tag(1)) read.quantile = reader.double(end);
    else if (tag === fixed64Tag(2)) read.value = reader.double(end);
    else reader.skip(tag, end);
  }
  reader.finish(end);
  return read;
}
