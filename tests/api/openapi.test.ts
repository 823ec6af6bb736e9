import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeModel } from '../../store/records/models.ts';
import { forecastScoresTable, levelShiftsTable } from '../../store/tables.ts';
import { farDay, forecastScore } from '../store/rows.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { compileSchema, type OpenApiDocument, type Operation } from '../support/openapi.ts';
import { hasChdb } from '../support/servers.ts';

const minute = 60_000;
/** Pages for people and their files, which are no part of the interface for programs. */
const isPage = (path: string) => path === '/' || path === '/openapi.json' || /^\/(docs|console)(\/|$)/.test(path);

/** Protocols that have their own way to tell an error. */
const otlpTypes = ['application/x-protobuf', 'application/json'];
const ownErrorTypes: Readonly<Record<string, string[]>> = {
  '/api/v1/write': ['text/plain'],
  '/v1/metrics': otlpTypes,
  '/v1/traces': otlpTypes,
  '/v1/logs': otlpTypes,
};

describe.skipIf(!hasChdb())('the OpenAPI document', () => {
  let service: TestApp;
  let document: OpenApiDocument;
  let seriesId: string;
  let anomalyId: string;
  let incidentId: string;
  let runId: string;
  let modelId: string;
  const asked = new Set<string>();

  beforeAll(async () => {
    service = await startTestApp();
    document = await service.get<OpenApiDocument>('/openapi.json');
    await fill();
  });
  afterAll(() => service?.close());

  /** Two days of a series that leaps at its end, a fleet and its tasks, and the results that the jobs make of them. */
  async function fill() {
    const end = Math.floor(Date.now() / 3_600_000) * 3_600_000;
    const times = Array.from({ length: 2880 }, (_, i) => end - (2880 - i) * minute);
    const samples = times.map((time, i) => ({
      metric: 'load',
      agent: 'a',
      time,
      value: i > 2870 ? 500 : 10 + Math.sin(i / 100) + (i % 7) / 10,
    }));
    await service.post('/v1/samples', samples);
    await service.post('/v1/heartbeats', [
      { agent: 'a', type: 'testing', time: end - 60 * minute },
      { agent: 'a', type: 'testing', labels: { zone: 'z' } },
    ]);
    await service.post('/v1/events', [
      { task: 'stuck', kind: 'k', state: 'started', agent: 'a', time: end - 420 * minute },
      { task: 't', kind: 'k', state: 'failed', agent: 'a', durationSeconds: 1 },
    ]);
    for (const job of ['detect', 'forecast', 'ledger', 'slo', 'liveness', 'derive', 'stuck-tasks', 'incidents']) {
      const run = await service.post(`/v1/jobs/${job}/runs`, {
        from: String(times[0]),
        to: new Date(end).toISOString(),
      });
      const { id } = (await run.json()) as { id: string };
      if (job === 'detect') runId = id;
      await eventually(
        async () => (await service.get<{ status: string }>(`/v1/jobs/${job}/runs/${id}`)).status === 'succeeded',
        { what: `the run of ${job}` },
      );
    }
    const training = { from: times[0]!, to: end };
    const model = {
      kind: 'pca-residual',
      weights: Buffer.from('{}'),
      training,
      dataHash: '',
      backend: 'wasm',
      metrics: {},
    };
    modelId = (await storeModel(service.state, { tenant: 'default', ...model }, new Date())).id;
    await service.post(`/v1/models/${modelId}/promote`, {});
    await service.post('/v1/keys', { name: 'reader', scopes: ['read'] });
    await service.post('/v1/samples', { metric: 'refused' });
    await service.post('/v1/maintenance', { type: 'testing', from: times[0]!, to: times[1]! });
    const first = async (path: string) => (await service.get<{ items: { id: string }[] }>(path)).items[0]!.id;
    seriesId = await first('/v1/series?metric=load');
    anomalyId = await first(`/v1/anomalies?series=${seriesId}`);
    await service.telemetry.insert(levelShiftsTable, [
      {
        ...{ tenant: 'default', shift_id: 's', series_id: seriesId, detector: 'composite', withdrawn: 0 },
        ...{ accepted_at: end, known_at: end + minute, from_level: 1, to_level: 2, until: farDay },
      },
    ]);
    await service.telemetry.insert(forecastScoresTable, [forecastScore('default', seriesId, end)]);
    incidentId = await first('/v1/incidents');
    await service.post(`/v1/anomalies/${anomalyId}/feedback`, { verdict: 'real' });
  }

  const operations = (): [path: string, method: string, operation: Operation][] =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, string, Operation] => [path, method, operation]),
    );

  test('is of version 3.1, and its references, its security and its path parameters hold together', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({ title: 'Fleetcast', version: expect.stringMatching(/./) });
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]!);
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      const name = /^#\/components\/schemas\/(\w+)$/.exec(reference)?.[1];
      expect(document.components.schemas, reference).toHaveProperty([name ?? '']);
    }
    for (const name of (document.security ?? []).flatMap(Object.keys)) {
      expect(document.components.securitySchemes).toHaveProperty(name);
    }
    for (const [path, method, { parameters = [] }] of operations()) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      const inTemplate = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(inPath.map(({ name }) => name).sort(), `${method} ${path}`).toEqual(inTemplate.sort());
      expect(inPath.every(({ required }) => required)).toBe(true);
      expect(new Set(parameters.map((each) => `${each.in} ${each.name}`)).size).toBe(parameters.length);
    }
  });

  test('says of every operation what it does, what it answers and what a problem looks like', () => {
    for (const [path, method, { summary, tags, responses }] of operations()) {
      const label = `${method} ${path}`;
      expect(summary, label).toMatch(/^[A-Z]/);
      expect(tags, label).toHaveLength(1);
      expect(
        Object.keys(responses).some((status) => /^2\d\d$/.test(status)),
        label,
      ).toBe(true);
      for (const { description } of Object.values(responses)) expect(description, label).toMatch(/./);
      const isProbe = ['/livez', '/readyz', '/health'].includes(path);
      const errorTypes = isProbe ? [] : (ownErrorTypes[path] ?? ['application/problem+json']);
      expect(Object.keys(responses.default?.content ?? {}), label).toEqual(errorTypes);
    }
  });

  test('lists every route that the service serves, and no other', () => {
    const served = service.app.routes
      .filter(({ method, path }) => method !== 'ALL' && !isPage(path))
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`);
    const listed = operations().map(([path, method]) => `${method} ${path}`);
    expect(listed.sort()).toEqual([...new Set(served)].sort());
  });

  test('has schemas that are JSON Schema', () => {
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      expect(() => compileSchema(document, schema), name).not.toThrow();
    }
  });

  test.each<[string, () => string]>([
    ['/livez', () => '/livez'],
    ['/readyz', () => '/readyz'],
    ['/health', () => '/health'],
    ['/status', () => '/status'],
    ['/v1/agents', () => '/v1/agents'],
    ['/v1/agents/{agent}', () => '/v1/agents/a'],
    ['/v1/agents/{agent}/transitions', () => '/v1/agents/a/transitions'],
    ['/v1/series', () => '/v1/series'],
    ['/v1/series/{id}', () => `/v1/series/${seriesId}`],
    ['/v1/series/{id}/points', () => `/v1/series/${seriesId}/points`],
    ['/v1/series/{id}/scores', () => `/v1/series/${seriesId}/scores`],
    ['/v1/forecasts', () => '/v1/forecasts'],
    ['/v1/forecasts', () => `/v1/forecasts?series=${seriesId}`],
    ['/v1/forecasts', () => `/v1/forecasts?series=${seriesId}&horizon=12&quantiles=0.2,0.8`],
    ['/v1/forecasts/ledger', () => '/v1/forecasts/ledger?days=3'],
    ['/v1/capacity', () => '/v1/capacity?metric=load&limit=600&horizonDays=3&outlook=true'],
    ['/v1/anomalies', () => '/v1/anomalies'],
    ['/v1/anomalies/{id}', () => `/v1/anomalies/${anomalyId}`],
    ['/v1/level-shifts', () => '/v1/level-shifts'],
    ['/v1/stream', () => '/v1/stream?cursor=0.0.0'],
    ['/v1/feedback', () => '/v1/feedback'],
    ['/v1/tasks/stuck', () => '/v1/tasks/stuck'],
    ['/v1/incidents', () => '/v1/incidents'],
    ['/v1/incidents/{id}', () => `/v1/incidents/${incidentId}`],
    ['/v1/slos', () => '/v1/slos'],
    ['/v1/slos/{id}', () => '/v1/slos/fleet-availability'],
    ['/v1/maintenance', () => '/v1/maintenance'],
    ['/v1/models', () => '/v1/models'],
    ['/v1/models/{id}', () => `/v1/models/${modelId}`],
    ['/v1/keys', () => '/v1/keys'],
    ['/v1/audit', () => '/v1/audit'],
    ['/v1/quarantine', () => '/v1/quarantine'],
    ['/v1/quarantine/counts', () => '/v1/quarantine/counts'],
    ['/v1/cardinality', () => '/v1/cardinality'],
    ['/v1/tenants', () => '/v1/tenants'],
    ['/v1/jobs', () => '/v1/jobs'],
    ['/v1/jobs/{id}/runs', () => '/v1/jobs/detect/runs'],
    ['/v1/jobs/{id}/runs/{run}', () => `/v1/jobs/detect/runs/${runId}`],
  ])('%s answers what its schema says, and no member more', async (path, url) => {
    asked.add(path);
    const { schema } = document.paths[path]!.get!.responses['200']!.content!['application/json']!;
    const answer = await service.get(url());
    const items = (answer as { items?: unknown[] }).items;
    if (items !== undefined) expect(items.length, 'there is something to check').toBeGreaterThan(0);
    const checked = compileSchema(document, schema).safeParse(answer);
    expect(checked.error?.issues ?? []).toEqual([]);
  });

  test('has every GET among those whose answers were checked', () => {
    const gets = operations().filter(([, method]) => method === 'get');
    expect(gets.map(([path]) => path).filter((path) => !asked.has(path))).toEqual(['/metrics']);
  });

  test('tells the truth about posts and problems too', async () => {
    const schemaOf = (name: string) => compileSchema(document, document.components.schemas[name]!);
    const stored = await service.post('/v1/samples', { metric: 'm', value: 1 });
    expect(schemaOf('Accepted').safeParse(await stored.json()).error?.issues ?? []).toEqual([]);
    const refused = await service.post('/v1/samples', { metric: 'm' });
    expect(schemaOf('Problem').safeParse(await refused.json()).error?.issues ?? []).toEqual([]);
    const queued = await service.post('/v1/jobs/derive/runs', {
      from: '2026-01-01T00:00:00Z',
      to: '2026-01-01T00:01:00Z',
    });
    expect(queued.status).toBe(202);
    expect(schemaOf('JobRun').safeParse(await queued.json()).error?.issues ?? []).toEqual([]);
  });

  test.each([
    ['Heartbeat', { agent: 'a', time: '2026-01-01T00:00:00Z', labels: { a: 'b' } }, { agent: 'a', more: 1 }],
    ['TaskEvent', { task: 't', kind: 'k', state: 'queued' }, { task: 't', kind: 'k', state: 'gone' }],
    ['Sample', { metric: 'm', value: 1, time: 1_700_000_000_000 }, { metric: 'm', value: '1' }],
  ])('describes a %s so that a client can check one before it sends it', (name, good, bad) => {
    const schema = compileSchema(document, document.components.schemas[name]!);
    expect([schema.safeParse(good).success, schema.safeParse(bad).success]).toEqual([true, false]);
  });
});
