import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { isTraceparent } from '../ingest/traceparent.ts';
import type { AppEnvironment } from './context.ts';

/** What ties a request to what its sender does besides. */
export interface Trace {
  /** As the sender gave it, or made here. */
  correlationId: string;
  /** Whether the sender gave the correlation id. */
  isCorrelated: boolean;
  /** W3C Trace Context, as the sender gave it. */
  traceparent: string | undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const correlationId = /^[^\u0000-\u001f\u007f]{1,200}$/;

/**
 * Reads `traceparent` and `X-Correlation-Id`, or else `X-Request-Id`, and answers with both: the same trace with a span of our own, and the same
 * correlation id, or one that is made here. They stand in the log beside what goes wrong. What is not well formed is
 * taken as not sent, as the W3C recommendation says.
 *
 * @see https://www.w3.org/TR/trace-context/
 */
export function traceContext(): MiddlewareHandler<AppEnvironment> {
  return async (context, next) => {
    const given = context.req.header('x-correlation-id') ?? context.req.header('x-request-id') ?? '';
    const isCorrelated = correlationId.test(given);
    const parent = context.req.header('traceparent');
    const traceparent = parent !== undefined && isTraceparent(parent) ? parent : undefined;
    const id = isCorrelated ? given : newSpanId();
    context.set('trace', { correlationId: id, isCorrelated, traceparent });
    await next();
    // Not `context.header`, which would make a stream of the answer: that costs more than all the rest of a small one.
    const { headers } = context.res;
    headers.set('x-correlation-id', id);
    if (traceparent !== undefined) headers.set('traceparent', childOf(traceparent));
  };
}

/** The same trace and flags, by a span of our own. */
function childOf(traceparent: string): string {
  const [, traceId, , flags] = traceparent.split('-');
  return `00-${traceId}-${newSpanId()}-${flags}`;
}

/** Eight bytes in hexadecimal: of a UUID, which Node makes out of chance that it has drawn in advance. */
function newSpanId(): string {
  return randomUUID().slice(-12) + randomUUID().slice(0, 4);
}
