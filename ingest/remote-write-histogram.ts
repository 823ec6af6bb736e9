import type { Buckets, HistogramPoint } from './histogram-series.ts';
import { bytesTag, fixed64Tag, varintTag, WireError, type WireReader } from './wire.ts';

/** A native histogram of remote write; both versions of the protocol write it alike. */
export interface NativeHistogram extends HistogramPoint {
  /** A state that goes up and down, not running totals. */
  isGauge: boolean;
  isStale: boolean;
}

interface Side {
  spans: { offset: number; length: number }[];
  /** Integer histograms give differences from bucket to bucket, float histograms counts. */
  deltas: number[];
  counts: number[];
}

const staleLow = 2;
const staleHigh = 0x7ff0_0000;
const gaugeHint = 3;
const customSchema = -53;
const maxSpans = 10_000;

/** Whether the eight bytes at `at` are Prometheus' mark that a series has ended. */
export function isStaleMarker(bytes: Buffer, at: number): boolean {
  return bytes.readUInt32LE(at) === staleLow && bytes.readUInt32LE(at + 4) === staleHigh;
}

/**
 * Reads a message `Histogram`, which ends at `end`.
 *
 * @throws WireError
 */
export function readNativeHistogram(reader: WireReader, end: number): NativeHistogram {
  const positive: Side = { spans: [], deltas: [], counts: [] };
  const negative: Side = { spans: [], deltas: [], counts: [] };
  const histogram = { time: 0, start: 0, count: 0, sum: 0, isGauge: false, isStale: false };
  const bounds: number[] = [];
  let schema = 0;
  let zeroThreshold = 0;
  let zeroCount = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case varintTag(1):
        histogram.count = reader.varint();
        break;
      case fixed64Tag(2):
        histogram.count = reader.double(end);
        break;
      case fixed64Tag(3):
        histogram.sum = reader.double(end);
        histogram.isStale = isStaleMarker(reader.bytes, reader.pos - 8);
        break;
      case varintTag(4):
        schema = reader.sint();
        break;
      case fixed64Tag(5):
        zeroThreshold = reader.double(end);
        break;
      case varintTag(6):
        zeroCount = reader.varint();
        break;
      case fixed64Tag(7):
        zeroCount = reader.double(end);
        break;
      case bytesTag(8):
        readSpan(reader, end, negative);
        break;
      case bytesTag(9):
        reader.packed(end, negative.deltas, () => reader.sint());
        break;
      case bytesTag(10):
        reader.packed(end, negative.counts, (packedEnd) => reader.double(packedEnd));
        break;
      case bytesTag(11):
        readSpan(reader, end, positive);
        break;
      case bytesTag(12):
        reader.packed(end, positive.deltas, () => reader.sint());
        break;
      case bytesTag(13):
        reader.packed(end, positive.counts, (packedEnd) => reader.double(packedEnd));
        break;
      case varintTag(14):
        histogram.isGauge = reader.varint() === gaugeHint;
        break;
      case varintTag(15):
        histogram.time = reader.int64();
        break;
      case bytesTag(16):
        reader.packed(end, bounds, (packedEnd) => reader.double(packedEnd));
        break;
      case varintTag(17):
        histogram.start = reader.int64();
        break;
      default:
        reader.skip(tag, end);
    }
  }
  reader.finish(end);
  const zero = { threshold: zeroThreshold, count: zeroCount };
  return { ...histogram, buckets: toBuckets({ schema, bounds, zero, positive, negative }) };
}

function readSpan(reader: WireReader, end: number, side: Side): void {
  const spanEnd = reader.messageEnd(end);
  let offset = 0;
  let length = 0;
  while (reader.pos < spanEnd) {
    const tag = reader.tag();
    if (tag === varintTag(1)) offset = reader.sint();
    else if (tag === varintTag(2)) length = reader.varint();
    else reader.skip(tag, spanEnd);
  }
  reader.finish(spanEnd);
  side.spans.push({ offset, length });
  if (side.spans.length > maxSpans) throw new WireError(`a histogram has more than ${maxSpans} spans`);
}

interface Parts {
  schema: number;
  bounds: readonly number[];
  zero: { threshold: number; count: number };
  positive: Side;
  negative: Side;
}

/**
 * The buckets in ascending order. Bucket i of schema s holds (2^((i-1)/2^s), 2^(i/2^s)]; those of custom bounds lie
 * between one bound and the next.
 *
 * @see https://prometheus.io/docs/specs/native_histograms/
 */
function toBuckets({ schema, bounds, zero, positive, negative }: Parts): Buckets {
  const isCustom = schema === customSchema;
  if (!isCustom && (schema < -4 || schema > 8)) throw new WireError(`a histogram has the schema ${schema}`);
  const upperOf = isCustom
    ? (i: number) => bounds[i] ?? Number.POSITIVE_INFINITY
    : (i: number) => 2 ** (i * 2 ** -schema);
  const lowerOf = isCustom ? (i: number) => bounds[i - 1] ?? Number.NEGATIVE_INFINITY : (i: number) => upperOf(i - 1);
  const above = bucketsOfSide(positive);
  const below = bucketsOfSide(negative).reverse();
  const hasZero = !isCustom && zero.count > 0;
  return {
    scheme: isCustom ? `explicit ${bounds.join(' ')}` : `exponential ${schema}`,
    lowers: [
      ...below.map(({ index }) => -upperOf(index)),
      ...(hasZero ? [below.length > 0 ? -zero.threshold : 0] : []),
      ...above.map(({ index }) => lowerOf(index)),
    ],
    uppers: [
      ...below.map(({ index }) => -lowerOf(index)),
      ...(hasZero ? [zero.threshold] : []),
      ...above.map(({ index }) => upperOf(index)),
    ],
    counts: [...below, ...(hasZero ? [zero] : []), ...above].map(({ count }) => count),
  };
}

function bucketsOfSide({ spans, deltas, counts }: Side): { index: number; count: number }[] {
  const buckets: { index: number; count: number }[] = [];
  let index = 0;
  let last = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++) {
      const place = buckets.length;
      if (place >= deltas.length && place >= counts.length) return buckets;
      last = counts[place] ?? last + deltas[place]!;
      if (last < 0) throw new WireError('a bucket of a histogram has a negative count');
      buckets.push({ index, count: last });
    }
  }
  return buckets;
}
