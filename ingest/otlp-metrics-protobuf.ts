import { createBreather } from '../telemetry/turn.ts';
import { readExponentialPoint, readHistogramPoint, readSummaryPoint } from './otlp-histogram-protobuf.ts';
import { kindOfHistogram, kindOfSum, type MetricHeader, type OtlpMetricsReading } from './otlp-metrics.ts';
import { AttributeRange, fieldsOf, type Range, readResource, toTimes } from './otlp-ranges.ts';
import { resourceOf } from './otlp-resource.ts';
import { bytesTag, fixed64Tag, varintTag, WireReader } from './wire.ts';

const pointsPerCheck = 256;
const noRecordedValue = 1;

/**
 * Reads a message `ExportMetricsServiceRequest` in place. What decides about the points of a message may stand behind
 * them, so each message is walked once for what is said of it and once for what it holds; passing over is cheap.
 *
 * @throws WireError
 * @see https://github.com/open-telemetry/opentelemetry-proto
 */
export async function readMetricsProtobuf(message: Buffer, reading: OtlpMetricsReading): Promise<void> {
  const reader = new WireReader(message);
  const breather = createBreather();
  let points = 0;
  for (const metrics of fieldsOf(reader, 0, message.length, 1)) {
    reading.beginResource(resourceOf(readResource(reader, metrics.start, metrics.end)));
    for (const scope of fieldsOf(reader, metrics.start, metrics.end, 2)) {
      for (const metric of fieldsOf(reader, scope.start, scope.end, 2)) {
        const { field, data, header } = readHeader(reader, metric.start, metric.end);
        if (data === undefined) continue;
        reading.beginMetric(header);
        for (const point of fieldsOf(reader, data.start, data.end, 1)) {
          reader.pos = point.start;
          readPoint[field]!(reader, point.end, reading);
          if (++points % pointsPerCheck === 0 && breather.isDue()) await breather.now();
        }
      }
    }
  }
}

/** By the number of the field that holds the data of a metric. */
const readPoint: Readonly<Record<number, (reader: WireReader, end: number, reading: OtlpMetricsReading) => void>> = {
  5: readNumberPoint,
  7: readNumberPoint,
  9: readHistogramPoint,
  10: readExponentialPoint,
  11: readSummaryPoint,
};

function readHeader(
  reader: WireReader,
  start: number,
  end: number,
): { header: MetricHeader; field: number; data: Range | undefined } {
  const header: MetricHeader = { name: '', unit: '', kind: 'gauge' };
  let field = 0;
  let data: Range | undefined;
  reader.pos = start;
  while (reader.pos < end) {
    const tag = reader.tag();
    const number = tag >>> 3;
    if (tag === bytesTag(1)) header.name = reader.text(end);
    else if (tag === bytesTag(3)) header.unit = reader.text(end);
    else if (tag === bytesTag(number) && number in readPoint) {
      const dataEnd = reader.messageEnd(end);
      field = number;
      data = { start: reader.pos, end: dataEnd };
      reader.pos = dataEnd;
    } else {
      reader.skip(tag, end);
    }
  }
  if (data !== undefined && field !== 5) header.kind = kindOf(reader, field, data);
  return { header, field, data };
}

function kindOf(reader: WireReader, field: number, { start, end }: Range): MetricHeader['kind'] {
  let temporality = 0;
  let isMonotonic = false;
  reader.pos = start;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === varintTag(2)) temporality = reader.varint();
    else if (tag === varintTag(3)) isMonotonic = reader.varint() !== 0;
    else reader.skip(tag, end);
  }
  return field === 7 ? kindOfSum(temporality, isMonotonic) : kindOfHistogram(temporality);
}

function readNumberPoint(reader: WireReader, end: number, reading: OtlpMetricsReading): void {
  const attributes = new AttributeRange(reader);
  let time = 0;
  let start = 0;
  let value = 0;
  let flags = 0;
  while (reader.pos < end) {
    const tagAt = reader.pos;
    const tag = reader.tag();
    if (tag === bytesTag(7)) attributes.pass(tagAt, end);
    else if (tag === fixed64Tag(3)) time = reader.fixed64(end);
    else if (tag === fixed64Tag(4)) value = reader.double(end);
    else if (tag === fixed64Tag(6)) value = reader.sfixed64(end);
    else if (tag === fixed64Tag(2)) start = reader.fixed64(end);
    else if (tag === varintTag(8)) flags = reader.varint();
    else if (tag === bytesTag(5)) {
      reading.skipExemplars(1);
      reader.skip(tag, end);
    } else reader.skip(tag, end);
  }
  reader.finish(end);
  if (flags % 2 === noRecordedValue) reading.skipPoint();
  else reading.addNumber(attributes, { ...toTimes(start, time), value });
}
