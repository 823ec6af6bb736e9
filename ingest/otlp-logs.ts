import { z } from 'zod';
import { createBreather } from '../telemetry/turn.ts';
import {
  type AttributePairs,
  attributesOfJson,
  readAnyValueText,
  readKeyValue,
  textOfJsonValue,
} from './otlp-attributes.ts';
import { attributes, nanos, resource } from './otlp-json.ts';
import { fieldsOf, readResource, toMillis } from './otlp-ranges.ts';
import { type Resource, resourceOf } from './otlp-resource.ts';
import { bytesTag, fixed64Tag, varintTag, WireReader } from './wire.ts';

/** What is read of a log record. Times are Unix milliseconds, ids hexadecimal digits. */
export interface OtlpLog {
  time: number;
  severity: number;
  body: string;
  attributes: AttributePairs;
  traceId: string;
  spanId: string;
}

export type TakeLog = (log: OtlpLog, from: Resource) => void;

/**
 * Reads a message `ExportLogsServiceRequest`.
 *
 * @throws WireError
 */
export async function readLogsProtobuf(message: Buffer, take: TakeLog): Promise<void> {
  const reader = new WireReader(message);
  const breather = createBreather();
  for (const logs of fieldsOf(reader, 0, message.length, 1)) {
    const from = resourceOf(readResource(reader, logs.start, logs.end));
    for (const scope of fieldsOf(reader, logs.start, logs.end, 2)) {
      for (const record of fieldsOf(reader, scope.start, scope.end, 2)) {
        reader.pos = record.start;
        take(readLog(reader, record.end), from);
        if (breather.isDue()) await breather.now();
      }
    }
  }
}

function readLog(reader: WireReader, end: number): OtlpLog {
  const log: OtlpLog = { time: 0, severity: 0, body: '', attributes: [], traceId: '', spanId: '' };
  let observed = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === fixed64Tag(1)) log.time = toMillis(reader.fixed64(end));
    else if (tag === varintTag(2)) log.severity = reader.varint();
    else if (tag === bytesTag(5)) log.body = readAnyValueText(reader, reader.messageEnd(end));
    else if (tag === bytesTag(6)) readKeyValue(reader, reader.messageEnd(end), log.attributes);
    else if (tag === bytesTag(9)) log.traceId = reader.hex(end);
    else if (tag === bytesTag(10)) log.spanId = reader.hex(end);
    else if (tag === fixed64Tag(11)) observed = toMillis(reader.fixed64(end));
    else reader.skip(tag, end);
  }
  reader.finish(end);
  return { ...log, time: log.time || observed };
}

const text = z.string().default('');
const logSchema = z.object({
  timeUnixNano: nanos,
  observedTimeUnixNano: nanos,
  severityNumber: z.number().int().default(0),
  body: z.unknown().optional(),
  attributes,
  traceId: text,
  spanId: text,
});

/** `ExportLogsServiceRequest` in OTLP's JSON. */
export const logsJsonSchema = z.object({
  resourceLogs: z
    .array(
      z.object({ resource, scopeLogs: z.array(z.object({ logRecords: z.array(logSchema).default([]) })).default([]) }),
    )
    .default([]),
});

/** Takes the log records of a checked request. */
export async function readLogsJson({ resourceLogs }: z.output<typeof logsJsonSchema>, take: TakeLog): Promise<void> {
  const breather = createBreather();
  for (const { resource: from, scopeLogs } of resourceLogs) {
    const known = resourceOf(attributesOfJson(from.attributes));
    for (const log of scopeLogs.flatMap(({ logRecords }) => logRecords)) {
      const { traceId, spanId, severityNumber: severity } = log;
      const time = log.timeUnixNano || log.observedTimeUnixNano;
      const own = { body: textOfJsonValue(log.body), attributes: attributesOfJson(log.attributes) };
      take({ time, severity, traceId, spanId, ...own }, known);
      if (breather.isDue()) await breather.now();
    }
  }
}
