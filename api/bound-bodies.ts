import type { MiddlewareHandler } from 'hono';
import type { BodyGate } from '../ingest/body-gate.ts';
import type { AppEnvironment } from './context.ts';

/** What compressed records are taken to become; more is bounded by the limit of one body. */
const assumedRatio = 10;
/** What a body is taken to be that does not say how long it is: few slow senders must not shut out all others. */
const assumedBytes = 256 * 1024;

/** Lets a request with a body in where there is memory for it, and holds that until it is answered. */
export function boundBodies({
  bodyGate,
  maxBodyBytes,
}: {
  bodyGate: BodyGate;
  maxBodyBytes: number;
}): MiddlewareHandler<AppEnvironment> {
  return async (context, next) => {
    const { method } = context.req;
    if (method === 'GET' || method === 'HEAD') return next();
    const length = context.req.header('content-length');
    const isCompressed = context.req.header('content-encoding') !== undefined;
    const expected = length === undefined ? assumedBytes : Number(length) * (isCompressed ? assumedRatio : 1);
    const leave = bodyGate.enter(context.get('principal').tenant, Math.min(expected, maxBodyBytes));
    try {
      await next();
    } finally {
      leave();
    }
  };
}
