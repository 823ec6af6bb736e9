import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCardinalityWatch } from '../../api/cardinality-watch.ts';
import { createLogger } from '../../telemetry/log.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

describe.skipIf(!hasChdb())('tenants over the API', () => {
  let service: TestApp;
  beforeAll(async () => {
    service = await startTestApp();
  });
  afterAll(() => service?.close());

  const put = (id: string, body: unknown) =>
    service.request(`/v1/tenants/${id}/cardinality`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  test('one is made once, with the SLOs that everybody begins with, and is listed', async () => {
    expect((await service.post('/v1/tenants', { id: 'acme', name: 'Acme' })).status).toBe(201);
    await expectProblem(await service.post('/v1/tenants', { id: 'acme', name: 'Again' }), 409);
    await expectProblem(await service.post('/v1/tenants', { id: 'Not fit', name: 'x' }), 400);
    const { items } = await service.get<{ items: object[] }>('/v1/tenants');
    expect(items).toMatchObject([
      { id: 'acme', name: 'Acme', rawRetentionDays: 90, cardinality: {} },
      { id: 'default' },
    ]);
  });

  test('a budget of its own holds at the next look, is told, and is recorded', async () => {
    const now = () => new Date();
    const log = createLogger('silent');
    const watch = createCardinalityWatch({ ...service, ...service.config, log, now });
    expect((await put('default', { maxSeries: 1 })).status).toBe(200);
    await watch.look();
    expect(await service.get('/v1/cardinality')).toMatchObject({ budget: { maxSeries: 1, maxAgents: 50_000 } });
    await service.post('/v1/samples', [
      { metric: 'one', value: 1 },
      { metric: 'two', value: 1 },
    ]);
    await watch.look();
    expect(await service.get('/v1/cardinality')).toMatchObject({ overflows: [{ exceeded: 'series', metric: 'two' }] });
    expect(await (await service.request('/metrics')).text()).toContain('fleetcast_series_budget{tenant="default"} 1\n');
    expect(await service.get('/v1/audit?action=cardinality.changed')).toMatchObject({
      items: [{ target: 'default', details: { maxSeries: 1 } }],
    });
    await put('default', {});
    expect(await service.get('/v1/cardinality')).toMatchObject({ budget: { maxSeries: 500_000 } });
  });

  test('of a tenant that is not there nothing can be set, nor what is no limit', async () => {
    await expectProblem(await put('nobody', { maxSeries: 1 }), 404);
    await expectProblem(await put('default', { maxSeries: 0 }), 400);
    await expectProblem(await put('default', { most: 1 }), 400);
  });
});
