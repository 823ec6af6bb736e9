import type { MiddlewareHandler } from 'hono';
import { type Scope, scopes } from '../store/records/api-keys.ts';
import { defaultTenant } from '../store/records/tenants.ts';
import { AppError } from '../telemetry/errors.ts';
import type { AppEnvironment } from './context.ts';
import type { Keyring, Principal } from './keyring.ts';

const anyone: Principal = {
  ...{ tenant: defaultTenant, keyId: '', name: 'anyone', scopes },
  ...{ requestsPerSecond: null, recordsPerSecond: null },
};

/**
 * Finds out who asks: by `Authorization: Bearer KEY` or `X-Auth-Token: KEY` when `auth` is `required`; otherwise
 * everybody on this machine speaks for the default tenant.
 */
export function authenticate({
  auth,
  keyring,
}: {
  auth: 'none' | 'required';
  keyring: Keyring;
}): MiddlewareHandler<AppEnvironment> {
  return async (context, next) => {
    if (auth === 'none') {
      context.set('principal', anyone);
      return next();
    }
    const bearer = /^Bearer (.+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
    const key = bearer ?? context.req.header('x-auth-token');
    if (key === undefined) throw new AppError('unauthenticated', 'send an API key as "Authorization: Bearer KEY"');
    context.set('principal', await keyring.principalOf(key));
    return next();
  };
}

/** The scope that a handler made by `requireScope` asks for. */
const scopeOf = new WeakMap<object, Scope>();

/**
 * Lets only keys with a scope through; `admin` may do everything. This is where a route declares its scope:
 * `createApp` refuses to build an application with a route behind `authenticate` that has none.
 */
export function requireScope(scope: Scope): MiddlewareHandler<AppEnvironment> {
  const handler: MiddlewareHandler<AppEnvironment> = async (context, next) => {
    if (!mayDo(context.get('principal'), scope)) {
      throw new AppError('forbidden', `this needs a key with the scope ${scope}`);
    }
    return next();
  };
  scopeOf.set(handler, scope);
  return handler;
}

/**
 * Lets only keys of the default tenant through. It is the tenant of whoever operates the installation, and guards what
 * works for all tenants at once and tells of all of them.
 */
export function requireOperator(): MiddlewareHandler<AppEnvironment> {
  return async (context, next) => {
    if (!isOperator(context.get('principal'))) {
      throw new AppError('forbidden', `this concerns all tenants, and needs a key of the tenant ${defaultTenant}`);
    }
    return next();
  };
}

export function isOperator({ tenant }: Principal): boolean {
  return tenant === defaultTenant;
}

/** Whether somebody may do what a scope allows. */
export function mayDo({ scopes }: Principal, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes('admin');
}

/** The scope of each route by `METHOD /path`, as its `requireScope` declares it. */
export function declaredScopes(
  routes: readonly { method: string; path: string; handler: object }[],
): Map<string, Scope> {
  const declared = new Map<string, Scope>();
  for (const { method, path, handler } of routes) {
    const scope = scopeOf.get(handler);
    if (scope !== undefined) declared.set(`${method} ${path}`, scope);
  }
  return declared;
}
