import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey } from '../../store/records/api-keys.ts';
import { createTenant } from '../../store/records/tenants.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

describe.skipIf(!hasChdb())('under pressure', () => {
  let service: TestApp;
  const keys: Record<string, string> = {};

  beforeAll(async () => {
    const mebibyte = String(1024 * 1024);
    // Nothing leaves the spool while the test goes on.
    const env = { FLEETCAST_INGEST_SPOOL_MAX_BYTES: mebibyte, FLEETCAST_INGEST_DRAIN_AGE_MS: '60000' };
    service = await startTestApp({ env: { FLEETCAST_AUTH: 'required', ...env } });
    for (const id of ['greedy', 'modest']) {
      await createTenant(service.state, { id, name: id, rawDays: 90, rollupDays: 400 }, new Date());
      const grant = { tenant: id, name: id, scopes: ['ingest'] as const };
      keys[id] = (await createKey(service.state, grant, new Date())).key;
    }
  });
  afterAll(() => service?.close());

  let sent = 0;
  const send = (tenant: string, count: number) => {
    const samples = Array.from({ length: count }, () => ({ metric: 'm', value: ++sent, labels: { tenant } }));
    return service.post('/v1/samples', samples, { 'x-auth-token': keys[tenant]! });
  };

  test('a tenant that floods is refused and told its bound, one that sends little is served', async () => {
    let refused: Response | undefined;
    for (let i = 0; i < 200 && refused === undefined; i++) {
      const response = await send('greedy', 1000);
      if (!response.ok) refused = response;
    }
    expect(refused?.headers.get('retry-after')).toBe('5');
    expect(refused?.headers.get('ratelimit-policy')).toMatch(/^"tenant-spool";q=\d+;qu="content-bytes"$/);
    expect(refused?.headers.get('ratelimit')).toMatch(/^"tenant-spool";r=\d+;t=5$/);
    expect((await expectProblem(refused!, 429)).detail).toContain('tenant');
    expect((await send('modest', 10)).status).toBe(200);
  });

  test('a store that takes nothing is a 503 in the way of each protocol, with the time to come again', async () => {
    service.writer.yieldTo({ closedFor: 'ClickHouse has too many parts to merge', slowerBy: 1 });
    const headers = { 'x-auth-token': keys.modest! };
    const metric = { name: 'm', gauge: { dataPoints: [{ timeUnixNano: `${Date.now()}000000`, asDouble: 1 }] } };
    const otlp = { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] };
    // An exporter would give up its data rather than wait for half a minute.
    for (const [answer, retryAfter] of [
      [await send('modest', 1), '30'],
      [await service.post('/v1/metrics', otlp, headers), '2'],
    ] as const) {
      expect(answer.status, await answer.clone().text()).toBe(503);
      expect(answer.headers.get('retry-after')).toBe(retryAfter);
      expect(answer.headers.get('ratelimit-policy')).toBe('"service";q=0;w=30');
      expect(answer.headers.get('ratelimit')).toBe('"service";r=0;t=30');
      expect(await answer.text()).toContain('too many parts');
    }
    service.writer.yieldTo({ closedFor: undefined, slowerBy: 1 });
    expect((await send('modest', 1)).status).toBe(200);
  });
});

test.skipIf(!hasChdb())('while memory is short, bodies are refused before they are read; reading goes on', async () => {
  const bound = 256 * 1024 * 1024;
  const service = await startTestApp({ env: { FLEETCAST_INGEST_MAX_MEMORY_BYTES: String(bound) } });
  expect(process.memoryUsage.rss(), 'the engine alone takes more').toBeGreaterThan(bound);
  const refused = await service.post('/v1/samples', { metric: 'm', value: 1 });
  expect(refused.headers.get('ratelimit-policy')).toBe(`"memory";q=${bound};qu="content-bytes"`);
  await expectProblem(refused, 503);
  expect((await service.request('/v1/quarantine')).status).toBe(200);
  const counted = await service.metrics.registry.getSingleMetricAsString('fleetcast_pressure_refusals_total');
  expect(counted).toContain('{limit="memory"} 1');
  await service.close();
});
