import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startClickHouseHttp } from '../support/clickhouse-http.ts';
import { hasChdb } from '../support/servers.ts';
import { type Exit, type Service, startService } from '../support/service.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { startSender } from './sender.ts';
import { findFaults } from './stored.ts';

/** How the service ended, if it did so within the ten seconds that an orchestrator waits. */
const stop = (service: Service, signal: NodeJS.Signals): Promise<Exit | 'too late'> =>
  Promise.race([service.kill(signal), sleep(10_000, 'too late' as const, { ref: false })]);

describe.skipIf(!hasChdb())('a service that is told to stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s while posts are in flight stores every one that got a 2xx, and ends with code 0',
    async (signal) => {
      using directory = temporaryDirectory();
      const service = await startService({ dataDir: directory.path });
      const sender = startSender(service, { prefix: signal });
      await sender.untilRequests(40);
      expect(await stop(service, signal)).toEqual({ code: 0, signal: null });
      await sender.ended;
      expect(service.output()).toContain('"msg":"stopped"');
      expect(await findFaults(directory.path, sender.acknowledged)).toEqual({ lost: [], twice: [], derivedTwice: 0 });
    },
    30_000,
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
    expect(await stop(service, 'SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await half).toBe('cut');
  }, 30_000);

  test('ends in time though ClickHouse hangs, and stores what it had taken after the next start', async () => {
    using directory = temporaryDirectory();
    const front = await startClickHouseHttp();
    const options = { dataDir: directory.path, env: { CLICKHOUSE_URL: front.url } };
    const service = await startService(options);
    await front.setFault('hang');
    const post = await fetch(`${service.url}/v1/samples`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '[{"metric":"m","value":1}]',
    });
    expect(post.status).toBe(200);
    const exit = await stop(service, 'SIGTERM');
    if (exit === 'too late') await service.kill('SIGKILL');
    expect(exit).toEqual({ code: 0, signal: null });
    await front.setFault('none');
    const next = await startService(options);
    const { items } = (await (await fetch(`${next.url}/v1/series?metric=m`)).json()) as { items: unknown[] };
    expect(items).toHaveLength(1);
    await next.kill('SIGTERM');
    await front.stop();
  }, 40_000);
});
