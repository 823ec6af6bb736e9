import type { MiddlewareHandler } from 'hono';
import { LRUCache } from 'lru-cache';
import { type Principal, principalOfKey, type Scope, scopes } from '../store/records/api-keys.ts';
import { defaultTenant } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import { AppError } from '../telemetry/errors.ts';
import type { AppEnvironment } from './context.ts';

/** For how long a key is believed without asking the store again; a revoked key works so much longer. */
const cacheMs = 10_000;
const anyone: Principal = { tenant: defaultTenant, name: 'anyone', scopes };

/**
 * Finds out who asks: by `Authorization: Bearer KEY` or `X-Auth-Token: KEY` when `auth` is `required`; otherwise
 * everybody on this machine speaks for the default tenant.
 */
export function authenticate({
  auth,
  state,
  now,
}: {
  auth: 'none' | 'required';
  state: StateStore;
  now: () => Date;
}): MiddlewareHandler<AppEnvironment> {
  const known = new LRUCache<string, Principal>({
    max: 10_000,
    ttl: cacheMs,
    ttlResolution: 0,
    perf: { now: () => now().getTime() },
  });
  return async (context, next) => {
    if (auth === 'none') {
      context.set('principal', anyone);
      return next();
    }
    const bearer = /^Bearer (.+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
    const key = bearer ?? context.req.header('x-auth-token');
    if (key === undefined) throw new AppError('unauthenticated', 'send an API key as "Authorization: Bearer KEY"');
    let principal = known.get(key);
    if (principal === undefined) {
      principal = await principalOfKey(state, key, now());
      if (principal === undefined) throw new AppError('unauthenticated', 'the API key is not known, or has expired');
      known.set(key, principal);
    }
    context.set('principal', principal);
    return next();
  };
}

/** Lets only keys with a scope through; `admin` may do everything. */
export function requireScope(scope: Scope): MiddlewareHandler<AppEnvironment> {
  return async (context, next) => {
    const principal = context.get('principal');
    if (!principal.scopes.includes(scope) && !principal.scopes.includes('admin')) {
      throw new AppError('forbidden', `this needs a key with the scope ${scope}`);
    }
    return next();
  };
}
