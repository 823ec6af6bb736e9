import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startClickHouseHttp } from '../support/clickhouse-http.ts';
import { eventually } from '../support/eventually.ts';
import { hasChdb } from '../support/servers.ts';
import { startService } from '../support/service.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { startSender } from './sender.ts';
import { findFaultsAt } from './stored.ts';

/** For so long ClickHouse is away, a third of it in each way; a minute shows the same and takes a minute. */
const awayMs = Number(process.env.TEST_AWAY_SECONDS ?? 3) * 1000;
const mebibyte = 2 ** 20;

async function residentBytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]);
}

test.skipIf(!hasChdb())(
  'while ClickHouse is away under load, records are taken in bounded memory, and each is stored once when it is back',
  async () => {
    await using front = await startAwayFront();
    using directory = temporaryDirectory();
    const env = { CLICKHOUSE_URL: front.url, FLEETCAST_JOBS_ENABLED: 'false' };
    const service = await startService({ dataDir: directory.path, env });
    const sender = startSender(service, { prefix: 'away' });
    await sender.untilRequests(20);
    const before = await residentBytes(service.url);
    for (const fault of ['refuse', 'error', 'half'] as const) {
      await front.setFault(fault);
      await sleep(awayMs / 3);
    }
    const status = (await (await fetch(`${service.url}/readyz`)).json()) as { ready: boolean };
    expect(status.ready, 'it says that it cannot read').toBe(false);
    await front.setFault('none');
    expect((await residentBytes(service.url)) - before).toBeLessThan(200 * mebibyte);
    const answered = Object.values(sender.acknowledged).flat().length;
    await sleep(500);
    expect(Object.values(sender.acknowledged).flat().length, 'it went on taking records').toBeGreaterThan(answered);
    await service.kill('SIGTERM');
    await sender.ended;
    expect(service.output()).not.toContain('request failed');
    const next = await startService({ dataDir: directory.path, env });
    await eventually(async () => {
      const { ingest } = (await (await fetch(`${next.url}/status`)).json()) as { ingest: { queuedRows: number } };
      return ingest.queuedRows === 0;
    });
    await next.kill('SIGTERM');
    expect(await findFaultsAt(front.url, sender.acknowledged)).toEqual({ lost: [], twice: [], derivedTwice: 0 });
  },
  60_000 + 2 * awayMs,
);

async function startAwayFront() {
  const front = await startClickHouseHttp();
  return { ...front, [Symbol.asyncDispose]: () => front.stop() };
}
