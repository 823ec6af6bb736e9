import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey, revokeKey, type Scope, scopes } from '../../store/records/api-keys.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import type { OpenApiDocument } from '../support/openapi.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

/** Pages and probes, which tell nothing of the data. Whoever adds to them must mean it. */
const open = /^GET \/($|openapi\.json$|docs(\/|$)|console\/|livez$|readyz$|health$)/;

describe.skipIf(!hasChdb())('every route', () => {
  let service: TestApp;
  let routes: { method: string; path: string }[];
  let scopeOf: Map<string, Scope | undefined>;
  const keys = {} as Record<Scope | 'expired' | 'revoked', string>;

  beforeAll(async () => {
    service = await startTestApp({ env: { FLEETCAST_AUTH: 'required' } });
    const { state } = service;
    const now = new Date();
    const grant = { tenant: 'default', name: 'k' };
    for (const scope of scopes) keys[scope] = (await createKey(state, { ...grant, scopes: [scope] }, now)).key;
    keys.expired = (await createKey(state, { ...grant, scopes, expiresAt: now.getTime() - 1 }, now)).key;
    const revoked = await createKey(state, { ...grant, scopes }, now);
    await revokeKey(state, revoked.stored, now);
    keys.revoked = revoked.key;

    const served = service.app.routes.filter(({ method, path }) => method !== 'ALL' || path !== '/*');
    const names = new Set(served.map(({ method, path }) => `${method === 'ALL' ? 'POST' : method} ${path}`));
    routes = [...names].map((name) => ({ method: name.split(' ')[0]!, path: name.split(' ')[1]! }));
    const document = await service.get<OpenApiDocument>('/openapi.json');
    scopeOf = new Map(
      Object.entries(document.paths).flatMap(([path, operations]) =>
        Object.entries(operations).map(([method, { security = [] }]): [string, Scope | undefined] => [
          `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
          security[0]?.bearer?.[0] as Scope | undefined,
        ]),
      ),
    );
  });
  afterAll(() => service?.close());

  async function ask({ method, path }: { method: string; path: string }, headers: Record<string, string> = {}) {
    const response = await service.request(path.replaceAll(/:\w+/g, 'x'), {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(method !== 'GET' && { body: '{}' }),
    });
    // A stream would go on.
    if (response.status === 200) await response.body?.cancel();
    return response;
  }
  const guarded = () => routes.filter(({ method, path }) => !open.test(`${method} ${path}`));
  const name = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;

  test('is there to be asked', () => {
    expect(guarded().length).toBeGreaterThan(25);
  });

  test('refuses whoever has no key, an unknown one, one that has expired and one that was revoked', async () => {
    for (const route of guarded()) {
      for (const key of [undefined, 'unknown', keys.expired, keys.revoked]) {
        const response = await ask(route, key === undefined ? {} : { authorization: `Bearer ${key}` });
        expect(response.status, `${name(route)} with ${key}`).toBe(401);
        expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
      }
    }
  });

  test('is open without a key where it tells nothing of the data, and nowhere else', async () => {
    const doors = routes.filter((route) => open.test(name(route)));
    expect(doors.length).toBeGreaterThan(5);
    for (const route of doors) expect((await ask(route)).status, name(route)).toBe(200);
    const documented = [...scopeOf].filter(([, scope]) => scope === undefined).map(([route]) => route);
    expect(documented.sort()).toEqual(['GET /health', 'GET /livez', 'GET /readyz']);
  });

  test('lets in the scope that the OpenAPI document names and admin, and refuses every other', async () => {
    for (const route of guarded()) {
      const needed = scopeOf.get(name(route));
      if (needed === undefined) {
        expect((await ask(route, { authorization: `Bearer ${keys.ingest}` })).status, `${name(route)}`).toBe(403);
        continue;
      }
      for (const scope of scopes) {
        const response = await ask(route, { authorization: `Bearer ${keys[scope]}` });
        const label = `${name(route)} with ${scope}`;
        if (scope === needed || scope === 'admin') expect([401, 403], label).not.toContain(response.status);
        else expect(response.status, label).toBe(403);
      }
    }
  });

  test('says which scope is missing, and why a key is not taken', async () => {
    const forbidden = await ask({ method: 'GET', path: '/v1/keys' }, { 'x-auth-token': keys.read });
    expect((await expectProblem(forbidden, 403)).detail).toContain('admin');
    for (const reason of ['expired', 'revoked'] as const) {
      const refused = await ask({ method: 'GET', path: '/v1/agents' }, { 'x-auth-token': keys[reason] });
      expect((await expectProblem(refused, 401)).detail).toContain(reason);
    }
  });
});
