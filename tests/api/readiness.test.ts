import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type ClickHouseHttp, startClickHouseHttp } from '../support/clickhouse-http.ts';
import { eventually } from '../support/eventually.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

interface Ready {
  ready: boolean;
  checks: { name: string; ok: boolean; detail: string }[];
}

describe.skipIf(!hasChdb())('when ClickHouse fails', () => {
  let front: ClickHouseHttp;
  let service: TestApp;
  let stopping = false;

  beforeAll(async () => {
    front = await startClickHouseHttp();
    const url = front.url.replace('http://', 'http://fleet:hunter2@');
    service = await startTestApp({ env: { CLICKHOUSE_URL: url }, stopping: () => stopping });
  });
  afterEach(async () => {
    stopping = false;
    await front.setFault('none');
  });
  afterAll(async () => {
    await service?.close();
    await front?.stop();
  });

  async function readiness(): Promise<[number, Ready]> {
    const response = await service.request('/readyz');
    return [response.status, (await response.json()) as Ready];
  }
  const failing = ({ checks }: Ready) => checks.filter(({ ok }) => !ok).map(({ name, detail }) => [name, detail]);

  test.each([
    ['refuse', 'the query failed; the log of the service says why'],
    ['error', 'the query failed; the log of the service says why'],
    ['half', 'the query failed; the log of the service says why'],
    ['hang', 'no answer in 3000 ms'],
  ] as const)('by "%s", /readyz is red and says which store, and is green again afterwards', async (fault, detail) => {
    expect(await readiness()).toMatchObject([200, { ready: true }]);
    await front.setFault(fault);
    const [status, body] = await readiness();
    expect([status, body.ready, failing(body)]).toEqual([503, false, [['telemetry store', detail]]]);
    await front.setFault('none');
    expect(await readiness()).toMatchObject([200, { ready: true }]);
  });

  test('/health is down and /livez is green, for a restart would not help', async () => {
    await front.setFault('refuse');
    const health = await service.request('/health');
    expect([health.status, await health.json()]).toEqual([503, { status: 'down' }]);
    expect((await service.request('/livez')).status).toBe(200);
  });

  test('records are taken, wait in the spool, and are stored when it is back', async () => {
    await front.setFault('error');
    for (const [path, record] of [
      ['/v1/heartbeats', { agent: 'a' }],
      ['/v1/events', { task: 't', kind: 'k', state: 'queued' }],
      ['/v1/samples', { metric: 'm', value: 1 }],
    ] as const) {
      expect((await service.post(path, record)).status).toBe(200);
    }
    await eventually(() => service.writer.backlog().isFailing);
    await front.setFault('none');
    await eventually(() => service.writer.backlog().rows === 0);
    expect(await service.get('/v1/series?metric=m')).toMatchObject({ items: [{ metric: 'm' }] });
    expect(await service.get('/status')).toMatchObject({ ingest: { queuedRows: 0, spoolBytes: 0, storing: true } });
  });

  test('a query that ClickHouse refuses for what it asks is a fault of ours, and its problem tells nothing of the cause', async () => {
    await service.telemetry.command('RENAME TABLE series TO series_gone');
    const response = await service.request('/v1/series');
    const text = await response.clone().text();
    await expectProblem(response, 500);
    expect(text).not.toMatch(/ClickHouse|DB::|Code:|SELECT|127\.0\.0\.1|hunter2|\.ts\b|node_modules/i);
    await service.telemetry.command('RENAME TABLE series_gone TO series');
  });

  test.each(['error', 'hang'] as const)(
    'by "%s", /metrics and /status still tell how the service is',
    async (fault) => {
      await front.setFault(fault);
      const metrics = await service.request('/metrics');
      const text = await metrics.text();
      expect(metrics.status).toBe(200);
      expect(text).toMatch(/^process_resident_memory_bytes /m);
      expect(text).toMatch(/^fleetcast_spool_bytes /m);
      expect(text).toContain('fleetcast_degraded{component="metrics of the fleet"} 1\n');
      const status = await service.get<{ counts: unknown; degradations: { component: string }[] }>('/status');
      expect(status.counts).toBeNull();
      expect(status.degradations.map(({ component }) => component)).toContain('counts of the fleet');
      await front.setFault('none');
      await service.request('/metrics');
      expect((await service.get<typeof status>('/status')).counts).not.toBeNull();
      expect(await service.metrics.registry.getSingleMetricAsString('fleetcast_degraded')).toContain(
        'component="metrics of the fleet"} 0',
      );
    },
  );

  test('/readyz is red while the service stops', async () => {
    stopping = true;
    const [status, body] = await readiness();
    expect([status, failing(body)]).toEqual([503, [['accepting', 'the service is stopping']]]);
  });

  // The last one: nothing works after it.
  test('/readyz names the state store when that one fails', async () => {
    await service.state.db.schema.alterTable('tenants').renameTo('gone').execute();
    const [status, body] = await readiness();
    expect([status, failing(body)]).toEqual([
      503,
      [['state store', 'the query failed; the log of the service says why']],
    ]);
  });
});
