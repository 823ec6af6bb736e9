import { z } from 'zod';
import { createBreather } from '../telemetry/turn.ts';
import { type AttributePairs, attributesOfJson, readKeyValue } from './otlp-attributes.ts';
import { attributes, nanos, resource } from './otlp-json.ts';
import { fieldsOf, readResource, toMillis } from './otlp-ranges.ts';
import { type Resource, resourceOf } from './otlp-resource.ts';
import { bytesTag, fixed64Tag, varintTag, WireReader } from './wire.ts';

/** What is read of a span. Times are Unix milliseconds, ids hexadecimal digits. */
export interface OtlpSpan {
  traceId: string;
  spanId: string;
  name: string;
  start: number;
  end: number;
  attributes: AttributePairs;
  isError: boolean;
  statusMessage: string;
}

export type TakeSpan = (span: OtlpSpan, from: Resource) => void;

const statusError = 2;

/**
 * Reads a message `ExportTraceServiceRequest`.
 *
 * @throws WireError
 */
export async function readSpansProtobuf(message: Buffer, take: TakeSpan): Promise<void> {
  const reader = new WireReader(message);
  const breather = createBreather();
  for (const spans of fieldsOf(reader, 0, message.length, 1)) {
    const from = resourceOf(readResource(reader, spans.start, spans.end));
    for (const scope of fieldsOf(reader, spans.start, spans.end, 2)) {
      for (const span of fieldsOf(reader, scope.start, scope.end, 2)) {
        reader.pos = span.start;
        take(readSpan(reader, span.end), from);
        if (breather.isDue()) await breather.now();
      }
    }
  }
}

function readSpan(reader: WireReader, end: number): OtlpSpan {
  const span: OtlpSpan = {
    traceId: '',
    spanId: '',
    name: '',
    start: 0,
    end: 0,
    attributes: [],
    isError: false,
    statusMessage: '',
  };
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === bytesTag(1)) span.traceId = reader.hex(end);
    else if (tag === bytesTag(2)) span.spanId = reader.hex(end);
    else if (tag === bytesTag(5)) span.name = reader.text(end);
    else if (tag === fixed64Tag(7)) span.start = toMillis(reader.fixed64(end));
    else if (tag === fixed64Tag(8)) span.end = toMillis(reader.fixed64(end));
    else if (tag === bytesTag(9)) readKeyValue(reader, reader.messageEnd(end), span.attributes);
    else if (tag === bytesTag(15)) readStatus(reader, reader.messageEnd(end), span);
    else reader.skip(tag, end);
  }
  reader.finish(end);
  return span;
}

function readStatus(reader: WireReader, end: number, span: OtlpSpan): void {
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === bytesTag(2)) span.statusMessage = reader.text(end);
    else if (tag === varintTag(3)) span.isError = reader.varint() === statusError;
    else reader.skip(tag, end);
  }
  reader.finish(end);
}

const text = z.string().default('');
const spanSchema = z.object({
  traceId: text,
  spanId: text,
  name: text,
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes,
  status: z.object({ code: z.number().int().default(0), message: text }).prefault({}),
});

/** `ExportTraceServiceRequest` in OTLP's JSON. */
export const spansJsonSchema = z.object({
  resourceSpans: z
    .array(
      z.object({ resource, scopeSpans: z.array(z.object({ spans: z.array(spanSchema).default([]) })).default([]) }),
    )
    .default([]),
});

/** Takes the spans of a checked request. */
export async function readSpansJson(
  { resourceSpans }: z.output<typeof spansJsonSchema>,
  take: TakeSpan,
): Promise<void> {
  const breather = createBreather();
  for (const { resource: from, scopeSpans } of resourceSpans) {
    const known = resourceOf(attributesOfJson(from.attributes));
    for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
      const { traceId, spanId, name, status } = span;
      const times = { start: span.startTimeUnixNano, end: span.endTimeUnixNano };
      const told = { isError: status.code === statusError, statusMessage: status.message };
      take({ traceId, spanId, name, ...times, ...told, attributes: attributesOfJson(span.attributes) }, known);
      if (breather.isDue()) await breather.now();
    }
  }
}
