import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openTelemetryStore } from '../../store/telemetry.ts';
import { eventually } from '../support/eventually.ts';
import { remoteWriteRequest, writeRequestV1 } from '../support/remote-write.ts';
import { hasChdb } from '../support/servers.ts';
import { startService } from '../support/service.ts';
import { sumSamples } from '../support/stored-rows.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const kills = 4;
const counters = Array.from({ length: 40 }, (_, i) => String(i));
const startedAt = Date.now() - 3_600_000;

/** The totals of all counters at a moment, each growing by its own steps. */
function scrape(moment: number): RequestInit {
  const series = counters.map((id, i) => ({
    labels: { __name__: 'work_total', id },
    samples: [[startedAt + 100 * moment, 1000 + moment * (i + 1)]] as const,
  }));
  return remoteWriteRequest(writeRequestV1(series), 1);
}

/** Sends moment after moment as Prometheus does: the next one only when the one before was taken, and again until then. */
function startScraping(urlOf: () => string) {
  let moment = 0;
  let isEnding = false;
  async function run(): Promise<void> {
    for (; !isEnding; moment++) {
      const take = async () =>
        (await fetch(`${urlOf()}/api/v1/write`, { method: 'POST', ...scrape(moment) })).status === 204;
      await eventually(take, { what: `moment ${moment}`, timeoutMs: 60_000, intervalMs: 5 });
    }
  }
  const ended = run();
  return {
    moment: () => moment,
    async end() {
      isEnding = true;
      await ended;
    },
  };
}

test.skipIf(!hasChdb())(
  'the increases of counters add up to what they grew by, however often the service is killed under a sender that retries',
  async () => {
    using directory = temporaryDirectory();
    const env = { FLEETCAST_JOBS_ENABLED: 'false', FLEETCAST_INGEST_DRAIN_AGE_MS: '20' };
    const start = () => startService({ dataDir: directory.path, env });
    let service = await start();
    const sender = startScraping(() => service.url);
    for (let round = 0; round < kills; round++) {
      const from = sender.moment();
      await eventually(() => sender.moment() > from + 5, { what: 'moments that are taken' });
      await sleep((round * 37) % 60);
      await service.kill('SIGKILL');
      service = await start();
    }
    await sender.end();
    await service.kill('SIGTERM');
    const store = await openTelemetryStore({ url: `chdb:${directory.path}/clickhouse` });
    const sums = await sumSamples(store, 'work_total');
    await store.close();
    const grown = sender.moment() - 1;
    expect(grown).toBeGreaterThan(5 * kills);
    expect([...sums].sort()).toEqual(counters.map((id, i) => [id, grown * (i + 1)] as const).sort());
  },
  180_000,
);
