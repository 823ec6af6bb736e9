import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Scope, storeKey } from '../../store/records/api-keys.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

describe.skipIf(!hasChdb())('with auth required', () => {
  let service: TestApp;
  let clockMs = Date.now();
  const keys = {} as Record<Scope, string>;

  beforeAll(async () => {
    service = await startTestApp({ env: { FLEETCAST_AUTH: 'required' }, now: () => new Date(clockMs) });
    for (const scope of ['ingest', 'read', 'operate', 'admin'] as const) keys[scope] = await newKey([scope]);
  });
  afterAll(() => service?.close());

  async function newKey(scopes: readonly Scope[], tenant = 'default'): Promise<string> {
    const key = randomUUID();
    await storeKey(service.state, key, { tenant, name: scopes.join(), scopes }, new Date(clockMs));
    return key;
  }
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    service.request(path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(method === 'POST' && { body: '[]' }),
    });

  test.each(['/livez', '/readyz', '/health', '/openapi.json', '/docs', '/'])(
    '%s is open to everybody',
    async (path) => {
      expect((await ask(path)).status).toBe(200);
    },
  );

  test.each([
    '/v1/agents',
    '/v1/series',
    '/v1/series/1',
    '/v1/series/1/points',
    '/v1/series/1/scores',
    '/v1/forecasts',
    '/v1/anomalies',
    '/v1/anomalies/1',
    '/v1/slos',
    '/v1/slos/task-success',
    '/v1/jobs',
    '/v1/jobs/detect/runs',
    '/status',
    '/metrics',
    '/v1/nothing',
  ])('%s without a key answers 401 and how to come again', async (path) => {
    const response = await ask(path);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    await expectProblem(response, 401);
  });

  test.each([
    ['an unknown key', { authorization: 'Bearer nobody' }],
    ['an unknown key as X-Auth-Token', { 'x-auth-token': 'nobody' }],
    ['an empty key', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }],
    ['a hash instead of the key', { authorization: `Bearer ${'0'.repeat(64)}` }],
    ['SQL', { authorization: `Bearer ' OR '1'='1` }],
  ])('%s answers 401', async (_title, headers) => {
    for (const [path, method] of [
      ['/v1/agents', 'GET'],
      ['/v1/samples', 'POST'],
    ] as const) {
      await expectProblem(await ask(path, headers, method), 401);
    }
  });

  test('a key is taken as Bearer, in any case of the word, and as X-Auth-Token', async () => {
    for (const headers of [
      bearer(keys.read),
      { authorization: `bearer ${keys.read}` },
      { 'x-auth-token': keys.read },
    ]) {
      expect((await ask('/v1/agents', headers)).status).toBe(200);
    }
  });

  test.each<[Scope, string, string]>([
    ['ingest', 'POST', '/v1/samples'],
    ['ingest', 'POST', '/v1/heartbeats'],
    ['ingest', 'POST', '/v1/events'],
    ['read', 'GET', '/v1/agents'],
    ['read', 'GET', '/v1/series'],
    ['read', 'GET', '/v1/forecasts'],
    ['read', 'GET', '/v1/anomalies'],
    ['read', 'POST', '/v1/anomalies/1/explanation'],
    ['read', 'GET', '/v1/slos'],
    ['read', 'GET', '/v1/jobs'],
    ['read', 'GET', '/status'],
    ['read', 'GET', '/metrics'],
    ['operate', 'POST', '/v1/jobs/detect/runs'],
  ])('the scope %s is what %s %s needs: others get 403, admin may do everything', async (needed, method, path) => {
    for (const scope of ['ingest', 'read', 'operate', 'admin'] as const) {
      const response = await ask(path, bearer(keys[scope]), method);
      if (scope === needed || scope === 'admin') expect([401, 403]).not.toContain(response.status);
      else expect((await expectProblem(response, 403)).detail).toContain(needed);
    }
  });

  test('a key that has expired answers 401, though it was in use all the time', async () => {
    const key = await newKey(['read']);
    const expiresAt = clockMs + 60_000;
    await service.state.db.updateTable('api_keys').set({ expires_at: expiresAt }).where('name', '=', 'read').execute();
    expect((await ask('/v1/agents', bearer(key))).status).toBe(200);
    for (; clockMs < expiresAt + 10_000; clockMs += 5000) await ask('/v1/agents', bearer(key));
    await expectProblem(await ask('/v1/agents', bearer(key)), 401);
  });

  test('a key that is deleted answers 401 ten seconds later, though it was in use all the time', async () => {
    const key = await newKey(['read']);
    expect((await ask('/v1/agents', bearer(key))).status).toBe(200);
    await service.state.db.deleteFrom('api_keys').where('expires_at', 'is', null).where('name', '=', 'read').execute();
    for (let second = 0; second < 9; second++, clockMs += 1000) await ask('/v1/agents', bearer(key));
    clockMs += 1001;
    await expectProblem(await ask('/v1/agents', bearer(key)), 401);
  });

  test('a key sees the data of its tenant alone', async () => {
    await service.state.db
      .insertInto('tenants')
      .values({ id: 'other', name: 'Other', raw_retention_days: 90, rollup_retention_days: 400, created_at: clockMs })
      .execute();
    const send = async (key: string, agent: string) => {
      const body = JSON.stringify({ agent, time: clockMs });
      const response = await service.request('/v1/heartbeats', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...bearer(key) },
        body,
      });
      expect(response.status).toBe(200);
    };
    const [mine, theirs] = [await newKey(['ingest', 'read']), await newKey(['ingest', 'read'], 'other')];
    await send(mine, 'mine');
    await send(theirs, 'theirs');
    const agentsOf = async (key: string) =>
      ((await (await ask('/v1/agents', bearer(key))).json()) as { items: { agent: string }[] }).items.map(
        ({ agent }) => agent,
      );
    expect([await agentsOf(mine), await agentsOf(theirs)]).toEqual([['mine'], ['theirs']]);
    const metrics = await (await ask('/metrics', bearer(theirs))).text();
    expect(metrics).toContain('agent="theirs"');
    expect(metrics).not.toContain('agent="mine"');
    const series = ((await (await ask('/v1/series', bearer(mine))).json()) as { items: { id: string }[] }).items[0]!;
    await expectProblem(await ask(`/v1/series/${series.id}`, bearer(theirs)), 404);
  });
});
