import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey, scopes } from '../../store/records/api-keys.ts';
import { recordAudit } from '../../store/records/audit.ts';
import { storeModel } from '../../store/records/models.ts';
import { ensureSlos } from '../../store/records/slo-definitions.ts';
import { createTenant } from '../../store/records/tenants.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { minimalValue } from '../support/minimal-value.ts';
import type { OpenApiDocument, Operation } from '../support/openapi.ts';
import { hasChdb } from '../support/servers.ts';

const minuteMs = 60_000;
/** Stands in every name that the first tenant gives to anything. */
const marker = 'confidential';
/** What works for all tenants at once: who may see it is tested apart. */
const ofAllTenants = /^\/v1\/(jobs|tenants)(\/|$)/;

/** A language model that is configured, so that its routes look for what they shall explain; it is not there. */
const languageModel = {
  FLEETCAST_LANGUAGE_PROVIDER: 'ollama',
  FLEETCAST_LANGUAGE_MODEL: 'none',
  FLEETCAST_LANGUAGE_URL: 'http://127.0.0.1:9',
};

interface Route {
  method: string;
  path: string;
  operation: Operation;
}
type Item = Record<string, unknown>;

/** Two tenants, the first of which has something of everything; the second tries to come by it, on every route. */
describe.skipIf(!hasChdb())('a tenant', () => {
  let service: TestApp;
  let document: OpenApiDocument;
  let routes: Route[];
  let owner: string;
  let ownerKeyId: string;
  let stranger: string;
  /** Of each route with parameters in its path, the paths that name what is the owner's. */
  const owned = new Map<string, string[]>();

  beforeAll(async () => {
    service = await startTestApp({ env: { FLEETCAST_AUTH: 'required', ...languageModel } });
    const { state } = service;
    const now = new Date();
    for (const id of ['owner', 'stranger']) {
      await createTenant(state, { id, name: id, rawDays: 90, rollupDays: 400 }, now);
      await ensureSlos(state, id, now);
    }
    const ofOwner = state.db.updateTable('slos').where('tenant', '=', 'owner').where('id', '=', 'task-success');
    await ofOwner.set({ id: marker }).execute();
    const grant = { name: `${marker} key`, scopes };
    const made = await createKey(state, { ...grant, tenant: 'owner' }, now);
    owner = made.key;
    ownerKeyId = made.stored.id;
    stranger = (await createKey(state, { ...grant, name: 'stranger', tenant: 'stranger' }, now)).key;
    await fill();
    document = await service.get<OpenApiDocument>('/openapi.json');
    routes = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
    );
    for (const { path } of routes) if (path.includes('{')) owned.set(path, await pathsOf(path));
  }, 120_000);
  afterAll(() => service?.close());

  function ask(key: string, method: string, path: string, body?: unknown) {
    return service.request(path, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  async function itemsOf(key: string, path: string): Promise<Item[]> {
    const response = await ask(key, 'GET', path);
    const { items = [] } = response.ok ? ((await response.json()) as { items?: Item[] }) : {};
    return items;
  }

  /** Two days of a series that leaps at its end, a fleet with a silent agent, tasks, a model, and what jobs make of them. */
  async function fill() {
    const end = Math.floor(Date.now() / 3_600_000) * 3_600_000;
    const times = Array.from({ length: 2880 }, (_, i) => end - (2880 - i) * minuteMs);
    const agent = `${marker}-agent`;
    const send = async (path: string, body: unknown) => {
      const response = await ask(owner, 'POST', path, body);
      expect(response.status, await response.clone().text()).toBeLessThan(300);
    };
    const value = (i: number) => (i > 2870 ? 500 : 10 + Math.sin(i / 100) + (i % 7) / 10);
    await send(
      '/v1/samples',
      times.flatMap((time, i) => [0, 1].map((k) => ({ metric: `${marker}_${k}`, agent, time, value: value(i) + k }))),
    );
    await send('/v1/heartbeats', [
      { agent, type: `${marker}-type`, time: end - 60 * minuteMs },
      { agent: `${agent}-2`, type: `${marker}-type` },
    ]);
    await send('/v1/events', [{ task: `${marker}-task`, kind: `${marker}-kind`, state: 'failed', agent }]);
    await send('/v1/keys', { name: marker, scopes: ['read'] });
    await send('/v1/maintenance', { from: times[0], to: end, reason: marker, metric: 'none' });
    const actor = { tenant: 'owner', keyId: '', keyName: marker, address: '' };
    await recordAudit(service.state, actor, { action: 'slo.changed', target: marker }, new Date());
    const training = { from: times[0]!, to: end };
    const model = { kind: `${marker}-kind`, weights: Buffer.from('{}'), training, dataHash: '', backend: 'wasm' };
    const store = () => storeModel(service.state, { tenant: 'owner', ...model, metrics: {} }, new Date());
    await store();
    await store();
    const [, older] = await itemsOf(owner, '/v1/models');
    await send(`/v1/models/${older!.id}/promote`, {});
    for (const job of ['derive', 'liveness', 'detect', 'forecast', 'slo', 'incidents']) {
      if (!service.jobs.some(({ id }) => id === job)) continue;
      const { id } = await service.runner.request(job, times[0]!, end);
      await eventually(
        async () =>
          (await service.state.db.selectFrom('job_runs').select('status').where('id', '=', id).executeTakeFirst())
            ?.status === 'succeeded',
        { what: `the run of ${job}` },
      );
    }
    const [anomaly] = await itemsOf(owner, '/v1/anomalies');
    await send(`/v1/anomalies/${anomaly!.id}/feedback`, { verdict: 'real', reason: marker });
  }

  function bodyOf({ requestBody }: Operation): unknown {
    const schema = requestBody?.content['application/json']?.schema;
    return schema === undefined ? undefined : minimalValue(document, schema);
  }

  /** The paths of a template with what lists show a key: the parameter after `/v1/series` is an `id` of that list. */
  async function pathsOf(template: string, key = owner): Promise<string[]> {
    const at = template.indexOf('{');
    if (at === -1) return [template];
    const list = template.slice(0, at - 1);
    const name = template.slice(at + 1, template.indexOf('}'));
    const rest = template.slice(template.indexOf('}') + 1);
    const items = await itemsOf(key, `${list}?limit=3`);
    const idOf = (item: Item) => encodeURIComponent(String(item[name] ?? item.id));
    // Both tenants have the SLOs that everybody begins with: the same name is another thing.
    const others = new Set((await itemsOf(stranger, `${list}?limit=1000`)).map(idOf));
    const ids = items.map(idOf).filter((id) => ofAllTenants.test(template) || !others.has(id));
    return (await Promise.all(ids.map((id) => pathsOf(`${list}/${id}${rest}`, key)))).flat();
  }

  const own = (path: string) => owned.get(path) ?? [path];
  const gets = () => routes.filter(({ method, path }) => method === 'GET' && path.startsWith('/v1/'));

  test('has something at every route: without it, nothing would be proved', async () => {
    for (const { path } of routes) {
      if (path.includes('{') && !ofAllTenants.test(path))
        expect(own(path).length, `ids for ${path}`).toBeGreaterThan(0);
    }
    const answers = await Promise.all(gets().flatMap(({ path }) => own(path).map((each) => ask(owner, 'GET', each))));
    const texts = await Promise.all(answers.filter(({ ok }) => ok).map((answer) => answer.text()));
    expect(texts.filter((text) => text.includes(marker)).length).toBeGreaterThan(12);
  });

  test('sees nothing of another in any list, page or metric', async () => {
    for (const { path } of routes.filter(({ method, path }) => method === 'GET' && !path.includes('{'))) {
      const response = await ask(stranger, 'GET', path);
      if (!response.ok) continue;
      expect(await response.text(), path).not.toContain(marker);
    }
  });

  test('gets nothing by the ids of another, and changes nothing by them', async () => {
    for (const { method, path, operation } of routes.filter(({ path }) => path.includes('{'))) {
      if (ofAllTenants.test(path)) continue;
      for (const each of own(path)) {
        const response = await ask(stranger, method, each, bodyOf(operation));
        const text = await response.text();
        const label = `${method} ${each}: ${response.status} ${text.slice(0, 200)}`;
        if (method === 'GET' && response.ok) expect(JSON.parse(text), label).toMatchObject({ items: [] });
        else expect([400, 403, 404, 405, 409, 422], label).toContain(response.status);
        // Never "it is there, but not yours": the answer is as for what does not exist.
        expect(response.status, label).not.toBe(403);
      }
    }
  });

  test('gets nothing by questions that name what is of another, nor with a cursor of another', async () => {
    const [series] = await itemsOf(owner, '/v1/series');
    const known: Record<string, string> = {
      series: String(series!.id),
      metric: `${marker}_0`,
      agent: `${marker}-agent`,
    };
    for (const { path, operation } of gets().filter(({ path }) => !path.includes('{'))) {
      for (const { name } of (operation.parameters ?? []).filter((parameter) => parameter.in === 'query')) {
        const { nextCursor } = (await (await ask(owner, 'GET', `${path}?limit=1`)).json()) as { nextCursor?: string };
        const value = name === 'cursor' ? nextCursor : (known[name] ?? marker);
        if (value === undefined || value === null) continue;
        const response = await ask(stranger, 'GET', `${path}?${name}=${encodeURIComponent(value)}`);
        if (response.ok) expect(await response.text(), `${path}?${name}=${value}`).not.toContain(marker);
        else expect([400, 404], `${path}?${name}=${value}`).toContain(response.status);
      }
    }
  });

  test('gets nothing by bodies that name what is of another', async () => {
    for (const { method, path, operation } of routes) {
      if (method === 'GET' || path.includes('{')) continue;
      const body = bodyOf(operation);
      if (typeof body !== 'object' || body === null || Array.isArray(body)) continue;
      const named = JSON.parse(JSON.stringify(body), (_, value) => (value === 'x' ? `${marker}_0` : value)) as Item;
      const response = await ask(stranger, method, path, named);
      const sent = JSON.stringify(named);
      expect(response.status, `${method} ${path} ${sent}`).toBeLessThan(500);
      if (response.ok && !sent.includes(marker)) expect(await response.text()).not.toContain(marker);
    }
    const { items } = (await (await ask(owner, 'GET', '/v1/agents')).json()) as { items: Item[] };
    expect(items).toHaveLength(2);
  });

  /** Bodies that do something, where the smallest that is allowed does not. */
  const bodies: Readonly<Record<string, unknown>> = {
    'POST /v1/quarantine/replay': { all: true },
    'POST /v1/maintenance': { from: '2026-01-01T00:00:00Z', to: '2026-01-01T01:00:00Z', metric: 'none' },
    'POST /v1/jobs/{id}/runs': { from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:01:00Z' },
    'POST /v1/tenants': { id: 'newcomer', name: 'Newcomer' },
  };

  test('finds every change that any route makes in the audit log, with who made it', async () => {
    const operator = (await createKey(service.state, { tenant: 'default', name: 'operator', scopes }, new Date())).key;
    const changing = routes.filter(
      ({ method, operation }) =>
        method !== 'GET' && ['operate', 'admin'].includes(operation.security?.[0]?.bearer?.[0] ?? ''),
    );
    for (const { method, path, operation } of changing) {
      const route = `${method} ${path}`;
      const [key, name] = ofAllTenants.test(path) ? [operator, 'operator'] : [owner, `${marker} key`];
      const candidates = await pathsOf(path, key);
      const each = candidates.find((candidate) => !candidate.includes(ownerKeyId));
      expect(each, `something to change by ${route}`).toBeDefined();
      const before = await itemsOf(key, '/v1/audit?limit=1000');
      const response = await ask(key, method, each!, bodies[route] ?? bodyOf(operation));
      expect(response.ok, `${route}: ${await response.text()}`).toBe(true);
      const after = await itemsOf(key, '/v1/audit?limit=1000');
      expect(after.length, `${route} is recorded`).toBeGreaterThan(before.length);
      expect(after[0], route).toMatchObject({ keyName: name, keyId: expect.stringMatching(/./) });
    }
    expect(changing.length).toBeGreaterThan(12);
  });

  test('sees which jobs there are, but neither their runs nor what they counted, which are of all tenants', async () => {
    const jobs = (await itemsOf(stranger, '/v1/jobs')) as { lastRun: { result: object; error: string } | null }[];
    expect(jobs.length).toBeGreaterThan(3);
    for (const { lastRun } of jobs) if (lastRun !== null) expect(lastRun).toMatchObject({ result: {}, error: '' });
    expect((await ask(stranger, 'GET', '/v1/jobs/detect/runs')).status).toBe(403);
    const window = { from: '2026-01-01T00:00:00Z', to: '2026-01-01T01:00:00Z' };
    expect((await ask(stranger, 'POST', '/v1/jobs/detect/runs', window)).status).toBe(403);
  });

  test('learns nothing of which tenants there are, and cannot raise its own budget', async () => {
    expect((await ask(stranger, 'GET', '/v1/tenants')).status).toBe(403);
    expect((await ask(stranger, 'POST', '/v1/tenants', { id: 'mine', name: 'Mine' })).status).toBe(403);
    expect((await ask(stranger, 'PUT', '/v1/tenants/stranger/cardinality', { maxSeries: 9 })).status).toBe(403);
  });
});
