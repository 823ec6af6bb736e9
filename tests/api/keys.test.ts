import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey, scopes } from '../../store/records/api-keys.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

interface Key {
  id: string;
  key: string;
  name: string;
  scopes: string[];
  expiresAt: string | null;
  revokedAt: string | null;
  lastUsedAt: string | null;
  replacedBy: string | null;
}

const dayMs = 86_400_000;

describe.skipIf(!hasChdb())('keys over the API', () => {
  let service: TestApp;
  let admin: string;
  let clockMs = Date.UTC(2026, 0, 5);

  beforeAll(async () => {
    service = await startTestApp({ env: { FLEETCAST_AUTH: 'required' }, now: () => new Date(clockMs) });
    const grant = { tenant: 'default', name: 'root', scopes };
    admin = (await createKey(service.state, grant, new Date(clockMs))).key;
  });
  afterAll(() => service?.close());

  const ask = (method: string, path: string, body?: unknown, key = admin) =>
    service.request(path, {
      method,
      headers: { 'content-type': 'application/json', 'x-auth-token': key },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  async function make(body: object): Promise<Key> {
    const response = await ask('POST', '/v1/keys', body);
    expect(response.status).toBe(201);
    return (await response.json()) as Key;
  }
  const list = async () => ((await (await ask('GET', '/v1/keys')).json()) as { items: Key[] }).items;
  const works = async (key: string) => (await ask('GET', '/v1/agents', undefined, key)).status;

  test('a key that is made works at once, is shown once, and is listed without itself', async () => {
    const made = await make({ name: 'grafana', scopes: ['read'], expiresInDays: 2 });
    expect(made.expiresAt).toBe(new Date(clockMs + 2 * dayMs).toISOString());
    expect(await works(made.key)).toBe(200);
    const text = await (await ask('GET', '/v1/keys')).text();
    expect(text).toContain('grafana');
    expect(text).not.toContain(made.key);
    expect((await list()).find(({ id }) => id === made.id)?.lastUsedAt).toBe(new Date(clockMs).toISOString());
    clockMs += 2 * dayMs;
    expect(await works(made.key)).toBe(401);
  });

  test('the operator makes the first key of a tenant, which is shut in it and makes the next; both logs say so', async () => {
    expect((await ask('POST', '/v1/tenants', { id: 'acme', name: 'Acme' })).status).toBe(201);
    const made = await ask('POST', '/v1/tenants/acme/keys', { name: 'first', scopes: ['admin'] });
    expect(made.status).toBe(201);
    const first = (await made.json()) as Key;
    clockMs += 1000;
    expect((await ask('POST', '/v1/keys', { name: 'next', scopes: ['ingest'] }, first.key)).status).toBe(201);
    const own = await (await ask('GET', '/v1/keys', undefined, first.key)).json();
    expect(own).toMatchObject({ items: [{ name: 'first' }, { name: 'next' }] });
    const more = { name: 'more', scopes: ['read'] };
    await expectProblem(await ask('POST', '/v1/tenants/acme/keys', more, first.key), 403);
    await expectProblem(await ask('POST', '/v1/tenants/nobody/keys', more), 404);

    const entry = { action: 'key.created', target: first.id, details: { tenant: 'acme', scopes: ['admin'] } };
    const logOf = async (key: string) =>
      (await ask('GET', '/v1/audit?action=key.created&limit=2', undefined, key)).json();
    expect(((await logOf(admin)) as { items: object[] }).items[0]).toMatchObject({ ...entry, keyName: 'root' });
    expect(await logOf(first.key)).toMatchObject({ items: [{ keyName: 'first' }, { ...entry, keyName: 'operator' }] });
  });

  test('a rotated key works beside the new one for the overlap, thirty days by default, and no longer', async () => {
    const old = await make({ name: 'agents', scopes: ['read', 'ingest'] });
    const response = await ask('POST', `/v1/keys/${old.id}/rotate`, {});
    expect(response.status).toBe(201);
    const fresh = (await response.json()) as Key;
    expect(fresh).toMatchObject({ name: 'agents', scopes: ['read', 'ingest'], expiresAt: null });
    const listed = (await list()).find(({ id }) => id === old.id);
    expect(listed).toMatchObject({ replacedBy: fresh.id, expiresAt: new Date(clockMs + 30 * dayMs).toISOString() });
    clockMs += 30 * dayMs - 1;
    expect([await works(old.key), await works(fresh.key)]).toEqual([200, 200]);
    clockMs += 1;
    expect([await works(old.key), await works(fresh.key)]).toEqual([401, 200]);
    await expectProblem(await ask('POST', `/v1/keys/${old.id}/rotate`, {}), 409);
  });

  test('a revoked key stops at once, though it was in use', async () => {
    const made = await make({ name: 'leaked', scopes: ['read'] });
    expect(await works(made.key)).toBe(200);
    const response = await ask('DELETE', `/v1/keys/${made.id}`);
    expect(await response.json()).toMatchObject({ revokedAt: new Date(clockMs).toISOString() });
    expect(await works(made.key)).toBe(401);
  });

  test('who did what stands in the audit log, and no key does', async () => {
    clockMs++;
    const made = await make({ name: 'watched', scopes: ['ingest'] });
    clockMs++;
    await ask('POST', `/v1/keys/${made.id}/rotate`, { overlapDays: 1 });
    clockMs++;
    await ask('DELETE', `/v1/keys/${made.id}`);
    const text = await (await ask('GET', '/v1/audit?limit=3')).text();
    const { items, nextCursor } = JSON.parse(text) as { items: Record<string, unknown>[]; nextCursor: string };
    expect(items.map(({ action }) => action)).toEqual(['key.revoked', 'key.rotated', 'key.created']);
    expect(items[0]).toMatchObject({ target: made.id, keyName: 'root', at: new Date(clockMs).toISOString() });
    expect(text).not.toContain(made.key);
    const next = await ask('GET', `/v1/audit?action=key.created&cursor=${nextCursor}`);
    expect(((await next.json()) as { items: unknown[] }).items.length).toBeGreaterThan(0);
  });

  test('the answer with a new key is kept nowhere, nor told again, whatever the request asks for', async () => {
    const body = JSON.stringify({ name: 'once', scopes: ['read'] });
    const post = async () => {
      const headers = { 'content-type': 'application/json', 'x-auth-token': admin, 'idempotency-key': 'again' };
      return (await (await service.request('/v1/keys', { method: 'POST', headers, body })).json()) as Key;
    };
    expect((await post()).key).not.toBe((await post()).key);
    expect(await service.state.db.selectFrom('idempotency_keys').selectAll().execute()).toEqual([]);
  });

  test.each([
    [{ scopes: ['read'] }, 'name'],
    [{ name: 'x', scopes: [] }, 'scopes'],
    [{ name: 'x', scopes: ['root'] }, 'scopes'],
    [{ name: 'x', scopes: ['read'], expiresInDays: 0 }, 'expiresInDays'],
    [{ name: 'x', scopes: ['read'], tenant: 'other' }, 'tenant'],
  ])('%j is refused, by the name of the field', async (body, field) => {
    expect((await expectProblem(await ask('POST', '/v1/keys', body), 400)).detail).toContain(field);
  });

  test('a key that does not exist is not found', async () => {
    await expectProblem(await ask('DELETE', '/v1/keys/nothing'), 404);
    await expectProblem(await ask('POST', '/v1/keys/nothing/rotate', {}), 404);
  });
});
