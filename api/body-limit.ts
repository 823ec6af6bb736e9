import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { AppError } from '../telemetry/errors.ts';

/** Refuses a body of more than `maxBytes`, of a route whose bodies are written by hand; for records there is `ingest/body.ts`. */
export function limitBody(maxBytes = 16 * 1024): MiddlewareHandler {
  return bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new AppError('payload_too_large', `the body is larger than ${maxBytes} bytes`);
    },
  });
}
