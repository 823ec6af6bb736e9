import { createHash } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { readBody } from '../ingest/request-bytes.ts';
import {
  claimRequest,
  deleteExpiredRequests,
  type IdempotencyKey,
  keepAnswer,
  releaseRequest,
} from '../store/records/idempotency.ts';
import type { StateStore } from '../store/state.ts';
import { AppError } from '../telemetry/errors.ts';
import type { AppEnvironment } from './context.ts';

export interface IdempotencyDeps {
  state: StateStore;
  now: () => Date;
  maxBodyBytes: number;
}

const keyPattern = /^[\x21-\x7e]{1,255}$/;
/** A longer answer is not kept; the request can be told from others, and is refused when it comes again. */
const maxAnswerCharacters = 100_000;
const sweepMs = 600_000;
/** What answers a new key is not kept: of keys, only hashes are. */
const holdsSecret = /^\/v1\/keys(\/|$)/;

/**
 * Does a POST with an `Idempotency-Key` once (draft-ietf-httpapi-idempotency-key-header): sent again within 24 hours it
 * gets the answer that it got before, with `Idempotency-Replayed: true`; 409 while it is being answered, 422 when the
 * key came with another request. What ends in 429 or 5xx was not done, and can be sent again with the same key.
 */
export function idempotent({ state, now, maxBodyBytes }: IdempotencyDeps): MiddlewareHandler<AppEnvironment> {
  let sweptAt = 0;

  async function sweep(): Promise<void> {
    if (now().getTime() - sweptAt < sweepMs) return;
    sweptAt = now().getTime();
    await deleteExpiredRequests(state, now());
  }

  return async (context, next) => {
    const key = context.req.header('idempotency-key');
    if (key === undefined || context.req.method !== 'POST' || holdsSecret.test(context.req.path)) return next();
    if (!keyPattern.test(key)) {
      throw new AppError('invalid_request', 'Idempotency-Key: allowed are 1 to 255 visible ASCII characters');
    }
    const { raw } = context.req;
    const body = await readBody(raw, maxBodyBytes);
    const request: IdempotencyKey = {
      tenant: context.get('principal').tenant,
      key,
      fingerprint: createHash('sha256')
        // What one key was answered is not told to another, which may have fewer scopes.
        .update([context.get('principal').keyId, raw.method, raw.url, raw.headers.get('content-type') ?? ''].join('\n'))
        .update(body)
        .digest('base64url'),
    };
    await sweep();
    const claim = await claimRequest(state, request, now());
    if (claim.kind === 'other_request') {
      throw new AppError('unprocessable', 'this Idempotency-Key came with another request before; use a new one');
    }
    if (claim.kind === 'in_flight') {
      throw new AppError('conflict', 'a request with this Idempotency-Key is being answered', { retryAfterSeconds: 1 });
    }
    if (claim.kind === 'answered') {
      const { status, contentType, text } = claim.answer;
      const headers = { 'content-type': contentType, 'idempotency-replayed': 'true' };
      return new Response(status === 204 ? null : text, { status, headers });
    }
    context.set('receivedAt', claim.receivedAt);
    context.req.raw = new Request(raw.url, { method: raw.method, headers: raw.headers, body: new Uint8Array(body) });
    await next();
    const { status } = context.res;
    if (status === 429 || status >= 500) return releaseRequest(state, request);
    const text = await context.res.clone().text();
    const contentType = context.res.headers.get('content-type') ?? 'application/json';
    await keepAnswer(state, request, { status, contentType, text: text.slice(0, maxAnswerCharacters) });
  };
}
