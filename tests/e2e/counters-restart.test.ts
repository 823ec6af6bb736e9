import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { remoteWriteRequest, writeRequestV1 } from '../support/remote-write.ts';
import { hasChdb } from '../support/servers.ts';
import { type Service, startService } from '../support/service.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const startedAt = Date.now() - 600_000;

async function post(service: Service, path: string, init: RequestInit): Promise<void> {
  const response = await fetch(service.url + path, { method: 'POST', ...init });
  expect(response.status, await response.text()).toBeLessThan(300);
}

/** What a scrape finds at a moment: a counter by its name, one that only metadata tells, and a classic histogram. */
const remoteWrite = (service: Service, time: number, total: number) => {
  const names = ['scraped_total', 'told_by_metadata', 'scraped_seconds_count'];
  const series = names.map((name) => ({ labels: { __name__: name, job: 'j' }, samples: [[time, total]] as const }));
  return post(service, '/api/v1/write', remoteWriteRequest(writeRequestV1(series), 1));
};

/** A cumulative sum and histogram of a process that began long ago. */
const otlp = (service: Service, time: number, total: number) => {
  const times = { startTimeUnixNano: `${startedAt - 1000}000000`, timeUnixNano: `${time}000000` };
  const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...times, asDouble: total / 10 }] };
  const histogram = {
    aggregationTemporality: 2,
    dataPoints: [
      { ...times, count: String(total), sum: total, explicitBounds: [1], bucketCounts: [String(total), '0'] },
    ],
  };
  const metrics = [
    { name: 'exported', sum },
    { name: 'latency', histogram },
  ];
  const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  return post(service, '/v1/metrics', { body, headers: { 'content-type': 'application/json' } });
};

async function increasesOf(service: Service, metric: string): Promise<number[]> {
  const get = async <T>(path: string) => (await (await fetch(service.url + path)).json()) as T;
  const { items } = await get<{ items: { id: string }[] }>(`/v1/series?metric=${metric}`);
  const { values } = await get<{ values: number[] }>(`/v1/series/${items[0]!.id}/points?step=raw&from=${startedAt}`);
  return values;
}

test.skipIf(!hasChdb())(
  'a counter of any dialect loses no increase by a stop or by kill -9, and counts none twice',
  async () => {
    using directory = temporaryDirectory();
    const start = () => startService({ dataDir: directory.path, env: { FLEETCAST_JOBS_ENABLED: 'false' } });
    const totals = [10, 15, 15, 27];
    let service = await start();
    // Prometheus sends metadata once a minute, and so not right after a restart.
    await post(service, '/api/v1/write', remoteWriteRequest(writeRequestV1([], [['told_by_metadata', 1, '']]), 1));
    for (const [i, total] of totals.entries()) {
      await remoteWrite(service, startedAt + 15_000 * i, total);
      await otlp(service, startedAt + 15_000 * i, total);
      // What was stored comes again, as it does when its answer was lost.
      if (i > 0) await remoteWrite(service, startedAt + 15_000 * (i - 1), totals[i - 1]!);
      if (i === totals.length - 1) break;
      await service.kill(i % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
      service = await start();
    }
    const expected = [5, 0, 12];
    await eventually(async () => (await increasesOf(service, 'exported')).length === expected.length);
    const names = ['scraped_total', 'told_by_metadata', 'scraped_seconds_count', 'latency_count', 'latency_sum'];
    for (const metric of names) expect([metric, await increasesOf(service, metric)]).toEqual([metric, expected]);
    const exported = await increasesOf(service, 'exported');
    expect(exported.map((value) => Math.round(value * 1e9) / 1e9)).toEqual(expected.map((value) => value / 10));
    await service.kill();
  },
  120_000,
);
