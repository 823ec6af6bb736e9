import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startClickHouseHttp } from '../support/clickhouse-http.ts';
import { eventually } from '../support/eventually.ts';
import { hasChdb } from '../support/servers.ts';
import { startService } from '../support/service.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { startSender } from './sender.ts';
import { findFaultsAt } from './stored.ts';

/** For so long ClickHouse is away in each way; a minute shows the same and takes a minute. */
const awayMs = Number(process.env.TEST_AWAY_SECONDS ?? 1) * 1000;
const mebibyte = 2 ** 20;
/** What may come on top of a service that is warm: 64 MiB of the spool in memory, as much that waits for the disk, and a heap that is not collected yet. */
const growthMaxBytes = 300 * mebibyte;

async function numberOf(url: string, metric: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${metric} (\\S+)`, 'm').exec(text)?.[1]);
}

async function startAwayFront() {
  const front = await startClickHouseHttp();
  return { ...front, [Symbol.asyncDispose]: () => front.stop() };
}

describe.skipIf(!hasChdb())('while ClickHouse is away under load', () => {
  // By "late", inserts are done after they were given up and sent again.
  test.each(['refuse', 'half', 'hang', 'late'] as const)(
    'by "%s", records are taken in bounded memory, and each is stored once when it is back',
    async (fault) => {
      await using front = await startAwayFront();
      using directory = temporaryDirectory();
      const env = {
        CLICKHOUSE_URL: front.url,
        FLEETCAST_JOBS_ENABLED: 'false',
        ...(fault === 'late' && { FLEETCAST_CLICKHOUSE_INSERT_TIMEOUT_SECONDS: '0.3' }),
      };
      const service = await startService({ dataDir: directory.path, env });
      const sender = startSender(service, { prefix: 'away', errorLength: 3000 });
      const answered = () => Object.values(sender.acknowledged).flat().length;
      await sender.untilRequests(200);
      const before = await numberOf(service.url, 'process_resident_memory_bytes');
      await front.setFault(fault);
      await sleep(awayMs);
      const status = (await (await fetch(`${service.url}/readyz`)).json()) as { ready: boolean };
      expect(status.ready, 'it says that it cannot read').toBe(false);
      const growth = (await numberOf(service.url, 'process_resident_memory_bytes')) - before;
      expect(growth).toBeLessThan(growthMaxBytes);
      expect(await numberOf(service.url, 'fleetcast_spool_bytes'), 'records wait in the spool').toBeGreaterThan(0);
      await front.setFault('none');
      const answeredAway = answered();
      await eventually(() => answered() > answeredAway, { what: 'it goes on taking records' });
      await service.kill('SIGTERM');
      await sender.ended;
      expect(service.output()).not.toContain('request failed');
      const next = await startService({ dataDir: directory.path, env });
      await eventually(async () => (await numberOf(next.url, 'fleetcast_ingest_queued_rows')) === 0, {
        timeoutMs: 30_000 + awayMs,
      });
      await next.kill('SIGTERM');
      expect(await findFaultsAt(front.url, sender.acknowledged)).toEqual({ lost: [], twice: [], derivedTwice: 0 });
    },
    90_000 + 3 * awayMs,
  );
});
