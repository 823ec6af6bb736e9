import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { MiddlewareHandler } from 'hono';

const zip = promisify(gzip);
/** Below it, compressing costs more than it saves. */
const smallestBytes = 4096;
const compressible = /^(application\/(problem\+)?json|text\/(plain|html))\b/;

/**
 * Compresses what GET answers with gzip, when the client takes it and it is large. Streams and what is compressed
 * already pass as they are. The work is done in a thread of Node's pool.
 */
export function compressLarge(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    const { res } = context;
    const isFit =
      context.req.method === 'GET' &&
      !res.headers.has('content-encoding') &&
      compressible.test(res.headers.get('content-type') ?? '');
    if (!isFit) return;
    res.headers.append('vary', 'accept-encoding');
    // Only now is the body touched: a small answer that nobody asks to compress goes its short way.
    if (!takesGzip(context.req.header('accept-encoding') ?? '') || res.body === null) return;
    const body = new Uint8Array(await res.arrayBuffer());
    const isLarge = body.byteLength >= smallestBytes;
    context.res = new Response(isLarge ? new Uint8Array(await zip(body)) : body, res);
    if (isLarge) {
      context.res.headers.set('content-encoding', 'gzip');
      context.res.headers.delete('content-length');
    }
  };
}

/** Whether `accept-encoding` has gzip, and not with a quality of 0. */
export function takesGzip(acceptEncoding: string): boolean {
  return /\bgzip\b(?!;\s*q=0(?:\.0*)?(?:,|$))/.test(acceptEncoding);
}
