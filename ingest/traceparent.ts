const pattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/**
 * Whether a text is a `traceparent` of W3C Trace Context: version, trace, span and flags, of which neither trace nor
 * span is all zeros. Only versions above 00 may go on after the flags.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 * @example
 * isTraceparent('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01') // true
 */
export function isTraceparent(text: string): boolean {
  return pattern.test(text) && text.length <= 200 && (text.length === 55 || !text.startsWith('00'));
}

/**
 * The `traceparent` of a span, as OTLP names it by trace and span in hexadecimal digits. Its flags say sampled: what is
 * not sampled is not exported.
 *
 * @returns undefined where the two name no span.
 */
export function traceparentOf(traceId: string, spanId: string): string | undefined {
  const text = `00-${traceId}-${spanId}-01`.toLowerCase();
  return isTraceparent(text) ? text : undefined;
}
