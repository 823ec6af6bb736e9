import type { MiddlewareHandler } from 'hono';
import { AppError } from '../telemetry/errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { AppEnvironment } from './context.ts';
import { createTokenBuckets, type Level, type TokenBuckets } from './token-buckets.ts';

export interface RateLimits {
  /** Without it there is no such limit. */
  requestsPerSecond?: number | undefined;
  recordsPerSecond?: number | undefined;
  burstSeconds: number;
}

/** What one key may still send of records. */
export interface RecordAllowance {
  /** @throws AppError `too_many_requests` while the key has sent more than it may. */
  check(): void;
  charge(records: number): void;
}

type Limit = 'requests' | 'records';

/**
 * Holds each key to its requests and records a second. How many records a request brings is known once it is read, so
 * it may overdraw; the requests after it wait until that is made good. Each replica counts for itself.
 *
 * What is left is told in the fields `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10.
 */
export function limitRate({
  limits: { requestsPerSecond, recordsPerSecond, burstSeconds },
  metrics,
  now,
}: {
  limits: RateLimits;
  metrics: Pick<Metrics, 'rateLimited'>;
  now: () => Date;
}): MiddlewareHandler<AppEnvironment> {
  const bucketsOf = (perSecond: number | undefined) =>
    perSecond === undefined ? undefined : createTokenBuckets({ perSecond, burstSeconds, now });
  const buckets: Partial<Record<Limit, TokenBuckets>> = {};
  const requests = bucketsOf(requestsPerSecond);
  const records = bucketsOf(recordsPerSecond);
  if (requests !== undefined) buckets.requests = requests;
  if (records !== undefined) buckets.records = records;
  const policy = policyField({ requests: requestsPerSecond, records: recordsPerSecond }, burstSeconds);

  function refuse(limit: Limit, { waitSeconds }: Level): never {
    metrics.rateLimited.inc({ limit });
    throw new AppError('too_many_requests', `the key has sent more ${limit} than it may; send this again later`, {
      retryAfterSeconds: Math.ceil(waitSeconds),
    });
  }

  function fieldsOf(key: string): [name: string, value: string][] {
    const levels = Object.entries(buckets).map(([limit, of]) => stateField(limit, of.level(key)));
    return levels.length === 0
      ? []
      : [
          ['ratelimit-policy', policy],
          ['ratelimit', levels.join(', ')],
        ];
  }

  return async (context, next) => {
    const { keyId } = context.get('principal');
    context.set('allowance', {
      check() {
        const level = records?.level(keyId);
        if (level !== undefined && level.waitSeconds > 0) refuse('records', level);
      },
      charge: (count) => void records?.take(keyId, count),
    });
    const level = requests?.level(keyId);
    if (level !== undefined && level.waitSeconds > 0) {
      for (const [name, value] of fieldsOf(keyId)) context.header(name, value);
      refuse('requests', level);
    }
    requests?.take(keyId, 1);
    await next();
    for (const [name, value] of fieldsOf(keyId)) context.res.headers.set(name, value);
  };
}

function policyField(perSecond: Record<Limit, number | undefined>, burstSeconds: number): string {
  return Object.entries(perSecond)
    .filter(([, rate]) => rate !== undefined)
    .map(([limit, rate]) => `"${limit}";q=${Math.max(1, Math.floor(rate! * burstSeconds))};w=${burstSeconds}`)
    .join(', ');
}

function stateField(limit: string, { tokens, fullInSeconds }: Level): string {
  return `"${limit}";r=${Math.max(0, Math.floor(tokens))};t=${Math.ceil(fullInSeconds)}`;
}
