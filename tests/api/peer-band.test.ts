import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runWindow } from '../analytics/workbench.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { hasChdb } from '../support/servers.ts';

const minute = 60_000;
const now = new Date(Math.floor(Date.now() / (30 * minute)) * 30 * minute);
const ago = (minutes: number) => now.getTime() - minutes * minute;
const agents = ['a', 'b', 'c', 'd', 'e', 'f'];
const until = Math.floor(now.getTime() / 86_400_000) + 400;

interface Detail {
  id: string;
  detector: string;
  labels: { agent: string };
  peakAt: string;
  peakValue: number;
  peakScore: number;
  expected: number;
  lower: number;
  upper: number;
  band: Record<'times' | 'values' | 'scores' | 'expected' | 'lower' | 'upper', number[]> & { missing: string | null };
}

describe.skipIf(!hasChdb())('an anomaly that peers tell', () => {
  let service: TestApp;

  beforeAll(async () => {
    service = await startTestApp({ now: () => now, env: { FLEETCAST_MODELS_ON_DEMAND_REQUESTS: '1' } });
    await service.post(
      '/v1/heartbeats',
      agents.map((agent) => ({ agent, type: 'crawler', version: '1' })),
    );
    // All swing together; for ten minutes one of them does not.
    const samples = agents.flatMap((agent, i) =>
      Array.from({ length: 180 }, (_, n) => ({
        ...{ metric: 'cpu_ratio', agent, time: ago(180 - n) },
        value:
          0.5 + 0.2 * Math.sin(n / 20) + 0.01 * Math.sin(n * (i + 2)) + (agent === 'c' && n >= 160 && n < 170 ? 2 : 0),
      })),
    );
    await service.post('/v1/samples?backfill=true', samples);
    await service.get('/v1/series');
    const job = service.jobs.find(({ id }) => id === 'detect-agents')!;
    for (let from = 180; from > 0; from -= 30)
      await runWindow(job, ago(from), ago(from - 30), { retainFromDay: until - 400 });
  });
  afterAll(() => service?.close());

  test('has the band that its peers drew around it, also before it and after', async () => {
    const { items } = await service.get<{ items: Detail[] }>('/v1/anomalies?metric=cpu_ratio');
    const found = items.filter(({ detector }) => detector === 'peers');
    expect(found).toHaveLength(1);
    const { band, ...anomaly } = await service.get<Detail>(`/v1/anomalies/${found[0]!.id}`);
    expect(anomaly.labels).toEqual({ agent: 'c' });
    expect(band.times).toEqual(Array.from({ length: 180 }, (_, n) => ago(180 - n)));
    const peak = band.times.indexOf(Date.parse(anomaly.peakAt));
    for (const name of ['expected', 'lower', 'upper'] as const) expect(band[name][peak]).toBeCloseTo(anomaly[name], 2);
    expect(band.scores[peak]! / anomaly.peakScore).toBeCloseTo(1, 1);
    expect(band.values[peak]).toBe(anomaly.peakValue);
    expect(band.values[peak]!).toBeGreaterThan(band.upper[peak]!);
    const isInside = (n: number) => band.values[n]! > band.lower[n]! && band.values[n]! < band.upper[n]!;
    expect([0, 50, 100, 150, 175].map(isInside)).toEqual([true, true, true, true, true]);
  });

  test('is shown to everybody who asks at once: whose band there was no time for is told so', async () => {
    const { items } = await service.get<{ items: Detail[] }>('/v1/anomalies?metric=cpu_ratio');
    const { id } = items.find(({ detector }) => detector === 'peers')!;
    const all = await Promise.all([1, 2, 3, 4].map(() => service.get<Detail>(`/v1/anomalies/${id}`)));
    for (const { band } of all) {
      expect(band.times.length).toBe(band.missing === null ? 180 : 0);
      expect(band.missing ?? 'being computed already').toContain('being computed already');
    }
    expect(all.some(({ band }) => band.missing === null)).toBe(true);
  });
});
