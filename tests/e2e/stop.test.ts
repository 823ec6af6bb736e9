import { describe, expect, test } from 'vitest';
import { startClickHouseHttp } from '../support/clickhouse-http.ts';
import { eventually } from '../support/eventually.ts';
import { hasChdb } from '../support/servers.ts';
import { startService } from '../support/service.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { startSender } from './sender.ts';
import { findFaults } from './stored.ts';

/**
 * A service that does not end within its own time ends with code 1, and says so: code 0 is the proof that it did. So the
 * tests hold no clock of their own, which other processes on the machine would eat.
 */
const inOrder = { code: 0, signal: null };

describe.skipIf(!hasChdb())('a service that is told to stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s while posts are in flight stores every one that got a 2xx, and ends with code 0',
    async (signal) => {
      using directory = temporaryDirectory();
      const service = await startService({ dataDir: directory.path });
      const sender = startSender(service, { prefix: signal });
      await sender.untilRequests(40);
      expect(await service.kill(signal)).toEqual(inOrder);
      await sender.ended;
      expect(service.output()).toContain('"msg":"stopped"');
      expect(await findFaults(directory.path, sender.acknowledged)).toEqual({ lost: [], twice: [], derivedTwice: 0 });
    },
    60_000,
  );

  test('does not wait for clients that keep a connection open, with half a request or none', async () => {
    const service = await startService();
    await (await fetch(`${service.url}/livez`)).text();
    const half = fetch(`${service.url}/v1/samples`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('[')) }),
      duplex: 'half',
    } as RequestInit).catch(() => 'cut');
    await (await fetch(`${service.url}/livez`)).text();
    expect(await service.kill('SIGTERM')).toEqual(inOrder);
    expect(await half).toBe('cut');
  }, 60_000);

  test('ends in time though ClickHouse hangs for a read, a job and an insert, and stores what it had taken after the next start', async () => {
    using directory = temporaryDirectory();
    const front = await startClickHouseHttp();
    const options = {
      dataDir: directory.path,
      env: {
        CLICKHOUSE_URL: front.url,
        // Whoever waits for ClickHouse waits for longer than the service has to stop.
        FLEETCAST_CLICKHOUSE_READ_TIMEOUT_SECONDS: '600',
        FLEETCAST_CLICKHOUSE_INSERT_TIMEOUT_SECONDS: '600',
        FLEETCAST_STOP_SECONDS: '12',
      },
    };
    const service = await startService(options);
    const post = (path: string, body: unknown) =>
      fetch(`${service.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    await front.setFault('hang');
    const window = { from: Date.now() - 7_200_000, to: Date.now() - 3_600_000 };
    const { id } = (await (await post('/v1/jobs/liveness/runs', window)).json()) as { id: string };
    await eventually(async () => {
      const run = await (await fetch(`${service.url}/v1/jobs/liveness/runs/${id}`)).json();
      return (run as { status: string }).status === 'running';
    });
    expect((await post('/v1/samples', [{ metric: 'm', value: 1 }])).status).toBe(200);
    const read = fetch(`${service.url}/v1/agents`).then(
      ({ status }) => status,
      () => 'cut',
    );
    expect(await service.kill('SIGTERM')).toEqual(inOrder);
    expect(service.output()).toContain('"msg":"stopped"');
    expect(await read).toBe('cut');
    await front.setFault('none');
    const next = await startService(options);
    const { items } = (await (await fetch(`${next.url}/v1/series?metric=m`)).json()) as { items: unknown[] };
    expect(items).toHaveLength(1);
    await next.kill('SIGTERM');
    await front.stop();
  }, 90_000);
});
