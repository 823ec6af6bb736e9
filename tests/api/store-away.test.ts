import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type ClickHouseHttp, startClickHouseHttp } from '../support/clickhouse-http.ts';
import { eventually } from '../support/eventually.ts';
import { minimalValue } from '../support/minimal-value.ts';
import type { OpenApiDocument, Operation } from '../support/openapi.ts';
import { hasChdb } from '../support/servers.ts';

/** Routes that tell of what is in the telemetry store: a part of what is found must be these. */
const telling = [
  ...['/v1/agents', '/v1/series', '/v1/forecasts', '/v1/anomalies', '/v1/incidents', '/v1/slos', '/v1/level-shifts'],
  ...['/v1/series/{id}/points', '/v1/series/{id}/scores', '/v1/agents/{agent}', '/v1/incidents/{id}', '/v1/slos/{id}'],
  ...['/v1/quarantine', '/v1/capacity', '/v1/cardinality', '/v1/stream'],
];
/** Questions of which the smallest that is well formed says too little. */
const questions: Readonly<Record<string, string>> = { '/v1/capacity': 'metric=m&limit=1' };

/** They answer for the process itself, or in a way of their own, which their tests look at. */
const probes = new Set(['/livez', '/readyz', '/health', '/status', '/metrics']);

interface Asked {
  path: string;
  method: string;
  operation: Operation;
}

describe.skipIf(!hasChdb())('while ClickHouse is away', () => {
  let front: ClickHouseHttp;
  let service: TestApp;
  let document: OpenApiDocument;

  beforeAll(async () => {
    front = await startClickHouseHttp();
    const env = {
      CLICKHOUSE_URL: front.url,
      FLEETCAST_CLICKHOUSE_READ_TIMEOUT_SECONDS: '1',
      FLEETCAST_CLICKHOUSE_INSERT_TIMEOUT_SECONDS: '0.5',
    };
    service = await startTestApp({ env });
    document = await service.get<OpenApiDocument>('/openapi.json');
  });
  afterEach(() => front.setFault('none'));
  afterAll(async () => {
    await service?.close();
    await front?.stop();
  });

  const routes = (): Asked[] =>
    Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
    );

  /** With what the route needs and no more: an id that might be there, and the smallest body. */
  function ask({ path, method, operation }: Asked): Promise<Response> {
    const schema = operation.requestBody?.content['application/json']?.schema;
    const id = path.startsWith('/v1/slos') ? 'task-success' : '1';
    return service.request(`${path.replaceAll(/\{\w+\}/g, id)}?${questions[path] ?? ''}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(schema !== undefined && { body: JSON.stringify(minimalValue(document, schema)) }),
    });
  }

  test.each(['refuse', 'error', 'half', 'hang'] as const)(
    'by "%s", each route that reads answers 503 with the time to come again, what is away, and nothing of the cause',
    async (fault) => {
      await front.setFault(fault);
      const reading = routes().filter(({ method, path }) => method === 'GET' && !probes.has(path));
      const answers = await Promise.all(reading.map(async (route) => ({ ...route, answer: await ask(route) })));
      const refused = answers.filter(({ answer }) => answer.status >= 500);
      for (const { path, answer } of refused) {
        const text = await answer.text();
        expect([answer.status, answer.headers.get('retry-after')], `${path}: ${text}`).toEqual([503, '5']);
        expect(answer.headers.get('ratelimit-policy'), path).toBe('"telemetry-store";q=0;w=5');
        expect(JSON.parse(text), path).toMatchObject({
          type: 'urn:fleetcast:problem:unavailable',
          detail: expect.stringContaining('the telemetry store does not answer; records are taken all the while'),
        });
        expect(text).not.toMatch(/ClickHouse|DB::|Code:|SELECT|127\.0\.0\.1|ECONN|\.ts\b|node_modules/i);
      }
      expect(refused.map(({ path }) => path)).toEqual(expect.arrayContaining(telling));
    },
  );

  test('no route that changes something answers 500', async () => {
    await front.setFault('refuse');
    for (const route of routes().filter(({ method }) => method !== 'GET')) {
      const answer = await ask(route);
      expect(answer.status, `${route.method} ${route.path}: ${await answer.text()}`).not.toBe(500);
    }
  });

  test('an insert that hangs is sent again before long and /status says so; done late, it counts once', async () => {
    type Told = { ingest: { storing: boolean }; degradations: { reason: string }[] };
    await front.setFault('late');
    const samples = [1, 2, 3].map((value) => ({ metric: 'late', agent: 'a', value, aggregation: 'sum' }));
    expect((await service.post('/v1/samples', samples)).status).toBe(200);
    const told = await eventually(async () => {
      const status = await service.get<Told>('/status');
      return status.ingest.storing ? undefined : status;
    });
    expect(told!.degradations.map(({ reason }) => reason).join()).toMatch(/it is away: no answer in \d/);
    await front.setFault('none');
    await eventually(() => service.writer.backlog().rows === 0);
    expect(await service.get<Told>('/status')).toMatchObject({ ingest: { storing: true }, degradations: [] });
    const { items } = await service.get<{ items: { id: string }[] }>('/v1/series?metric=late');
    const { values } = await service.get<{ values: number[] }>(`/v1/series/${items[0]!.id}/points?step=hour`);
    expect(values.reduce((sum, value) => sum + value, 0)).toBe(6);
  });

  test('what is refused is counted, and /status says what was seen', async () => {
    const counted = async () => {
      const text = await service.metrics.registry.getSingleMetricAsString('fleetcast_pressure_refusals_total');
      return Number(/\{limit="telemetry-store"\} (\d+)/.exec(text)?.[1] ?? 0);
    };
    const before = await counted();
    await front.setFault('refuse');
    await service.request('/v1/agents');
    expect(await counted()).toBe(before + 1);
    const status = await service.get<{ degradations: { component: string; reason: string }[] }>('/status');
    const { reason } = status.degradations.find(({ component }) => component === 'telemetry store')!;
    expect(reason).toMatch(/^it is away: the connection failed \(ECONN\w+\)$/);
  });
});
