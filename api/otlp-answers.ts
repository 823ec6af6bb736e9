import type { Context } from 'hono';
import type { OtlpEncoding, OtlpOutcome, OtlpSignal } from '../ingest/otlp.ts';
import type { ErrorCode } from '../telemetry/errors.ts';
import { type Problem, statusOf } from './problem.ts';

const contentTypes: Record<OtlpEncoding, string> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

const rejectedFields: Record<OtlpSignal, string> = {
  metrics: 'rejectedDataPoints',
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
};

/** Codes of google.rpc.Code. */
const rpcCodeOf: Record<ErrorCode, number> = {
  invalid_request: 3,
  unauthenticated: 16,
  forbidden: 7,
  not_found: 5,
  method_not_allowed: 12,
  conflict: 10,
  payload_too_large: 3,
  unsupported_media_type: 3,
  unprocessable: 3,
  insufficient_history: 3,
  too_many_requests: 8,
  unavailable: 14,
  internal: 13,
};

/** The encoding of a request, in which it is answered; undefined when it is neither of the two. */
export function otlpEncodingOf(context: Context): OtlpEncoding | undefined {
  const [type] = (context.req.header('content-type') ?? '')
    .toLowerCase()
    .split(';', 1)
    .map((text) => text.trim());
  return (['protobuf', 'json'] as const).find((encoding) => contentTypes[encoding] === type);
}

/** The answer to an export of which something was taken: empty, or with a `partial_success`. */
export function answerOtlp(context: Context, signal: OtlpSignal, { rejected, reasons }: OtlpOutcome): Response {
  const errorMessage = reasons.join('\n');
  if (otlpEncodingOf(context) === 'json') {
    const partialSuccess = { [rejectedFields[signal]]: String(rejected), errorMessage };
    return context.json(rejected === 0 ? {} : { partialSuccess });
  }
  const partialSuccess = Buffer.concat([varintField(1, rejected), textField(2, errorMessage)]);
  return answerBytes(context, rejected === 0 ? Buffer.alloc(0) : bytesField(1, partialSuccess), 200);
}

/**
 * An exporter has ten seconds for an export with all its attempts (`OTEL_EXPORTER_OTLP_TIMEOUT`), and throws the data
 * away when it is told to wait for longer than what is left of them; that of JavaScript comes five times at most.
 */
const retryAfterMaxSeconds = 2;

/**
 * An error as google.rpc.Status, in the encoding of the request; JSON when that is not known. `Retry-After` is no longer
 * than exporters wait; how long it may take stands in the `RateLimit` fields.
 */
export function answerOtlpError(context: Context, { code, detail, retryAfterSeconds }: Problem): Response {
  const status = statusOf[code];
  if (retryAfterSeconds !== undefined)
    context.header('retry-after', String(Math.min(retryAfterSeconds, retryAfterMaxSeconds)));
  if (otlpEncodingOf(context) !== 'protobuf') return context.json({ code: rpcCodeOf[code], message: detail }, status);
  return answerBytes(context, Buffer.concat([varintField(1, rpcCodeOf[code]), textField(2, detail)]), status);
}

function answerBytes(context: Context, bytes: Buffer, status: (typeof statusOf)[ErrorCode] | 200): Response {
  return context.body(new Uint8Array(bytes), status, { 'content-type': contentTypes.protobuf });
}

function varintField(field: number, value: number): Buffer {
  return Buffer.from([field << 3, ...varint(value)]);
}

function textField(field: number, text: string): Buffer {
  return bytesField(field, Buffer.from(text));
}

function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}
