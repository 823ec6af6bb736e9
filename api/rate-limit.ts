import type { MiddlewareHandler } from 'hono';
import { AppError } from '../telemetry/errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { AppEnvironment } from './context.ts';
import type { Principal } from './keyring.ts';
import { type LimitState, rateLimitFields } from './rate-limit-fields.ts';
import { capacityOf, createTokenBuckets, type Level, type TokenBuckets } from './token-buckets.ts';

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
 * Holds each key to its requests and records a second: its own limits, or else those of the settings. How many records
 * a request brings is known once it is read, so it may overdraw; the requests after it wait until that is made good.
 * Each replica counts for itself.
 */
export function limitRate({
  limits,
  metrics,
  now,
}: {
  limits: RateLimits;
  metrics: Pick<Metrics, 'rateLimited'>;
  now: () => Date;
}): MiddlewareHandler<AppEnvironment> {
  const { burstSeconds } = limits;
  const buckets: Record<Limit, TokenBuckets> = {
    requests: createTokenBuckets({ burstSeconds, now }),
    records: createTokenBuckets({ burstSeconds, now }),
  };

  function ratesOf({ requestsPerSecond, recordsPerSecond }: Principal): Record<Limit, number | undefined> {
    return {
      requests: requestsPerSecond ?? limits.requestsPerSecond,
      records: recordsPerSecond ?? limits.recordsPerSecond,
    };
  }

  function refuse(limit: Limit, { waitSeconds }: Level): never {
    metrics.rateLimited.inc({ limit });
    throw new AppError('too_many_requests', `the key has sent more ${limit} than it may; send this again later`, {
      retryAfterSeconds: Math.ceil(waitSeconds),
    });
  }

  function statesOf(keyId: string, rates: Record<Limit, number | undefined>): LimitState[] {
    return (['requests', 'records'] as const).flatMap((name) => {
      const rate = rates[name];
      if (rate === undefined) return [];
      const { tokens, fullInSeconds } = buckets[name].level(keyId, rate);
      const policy = { name, max: Math.max(1, capacityOf(rate, burstSeconds)), windowSeconds: burstSeconds };
      return { ...policy, remaining: tokens, resetSeconds: fullInSeconds };
    });
  }

  return async (context, next) => {
    const principal = context.get('principal');
    const { keyId } = principal;
    const rates = ratesOf(principal);
    const levelOf = (limit: Limit) => {
      const rate = rates[limit];
      return rate === undefined ? undefined : buckets[limit].level(keyId, rate);
    };
    const take = (limit: Limit, count: number) => {
      const rate = rates[limit];
      if (rate !== undefined) buckets[limit].take(keyId, rate, count);
    };
    const tell = (set: (name: string, value: string) => void) => {
      const states = statesOf(keyId, rates);
      if (states.length > 0) for (const [name, value] of Object.entries(rateLimitFields(states))) set(name, value);
    };
    context.set('allowance', {
      check() {
        const level = levelOf('records');
        if (level !== undefined && level.waitSeconds > 0) refuse('records', level);
      },
      charge: (count) => take('records', count),
    });
    const level = levelOf('requests');
    if (level !== undefined && level.waitSeconds > 0) {
      tell((name, value) => context.header(name, value));
      refuse('requests', level);
    }
    take('requests', 1);
    await next();
    tell((name, value) => context.res.headers.append(name, value));
  };
}
