import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

const hour = 3_600_000;
const now = Math.floor(Date.now() / hour) * hour;
const hours = 40 * 24;

interface Row {
  seriesId: string | null;
  agent: string;
  type: string;
  series: number;
  limit: number | null;
  latest: number;
  passed: boolean;
  reachedAt: string | null;
  daysLeft: number | null;
  daysLeftLow: number | null;
  daysLeftHigh: number | null;
  probability: number | null;
  reason: string | null;
  needed: number | null;
  available: number | null;
  outlook?: { times: number[]; past: number[]; low: number[]; middle: number[]; high: number[] };
}
interface Answer {
  asOf: string;
  items: Row[];
  nextCursor: string | null;
}

/** What each agent's disk holds, h hours before now. */
const disks: Record<string, (h: number) => number> = {
  slow: (h) => 60 - h / 24 / 2,
  fast: (h) => 80 - h / 24,
  full: (h) => 110 - h / 24,
  flat: () => 30,
  rotated: (h) => 20 + 12 * ((10_000 - Math.floor(h / 24)) % 5),
};

describe.skipIf(!hasChdb())('GET /v1/capacity', () => {
  let service: TestApp;
  beforeAll(async () => {
    service = await startTestApp({ now: () => new Date(now + 60_000) });
    const times = Array.from({ length: hours }, (_, i) => i + 1);
    for (const [agent, used] of Object.entries(disks)) {
      const samples = times.map((h) => ({
        metric: 'disk_used',
        agent,
        time: now - h * hour,
        value: used(h),
        unit: 'GB',
      }));
      await service.post('/v1/samples', samples);
      const capacity = { metric: 'disk_size', agent, time: now - hour, value: agent === 'slow' ? 61 : 200 };
      if (agent !== 'flat') await service.post('/v1/samples', capacity);
    }
    const young = times
      .slice(0, 50)
      .map((h) => ({ metric: 'disk_used', agent: 'young', time: now - h * hour, value: 5 }));
    await service.post('/v1/samples', young);
    const gone = times
      .slice(48, 400)
      .map((h) => ({ metric: 'disk_used', agent: 'gone', time: now - h * hour, value: 5 }));
    await service.post('/v1/samples', gone);
    await service.post(
      '/v1/heartbeats',
      Object.keys(disks).map((agent) => ({
        agent,
        type: agent.startsWith('f') ? 'builder' : 'tester',
        time: now - hour,
      })),
    );
  });
  afterAll(() => service?.close());

  const ask = (query: string) => service.get<Answer>(`/v1/capacity?metric=disk_used&${query}`);

  test('ranks series by the days that are left, and says of the others why there is no date', async () => {
    const { items, asOf } = await ask('limit=100');
    expect(asOf).toBe(new Date(now).toISOString());
    expect(items.map(({ agent }) => agent)).toEqual(['full', 'fast', 'slow', 'flat', 'rotated', 'young']);
    const reasons = [null, null, 'beyond_horizon', 'no_trend', 'resets', 'insufficient_history'];
    expect(items.map(({ reason }) => reason)).toEqual(reasons);
    expect(items.map(({ passed }) => passed)).toEqual([true, false, false, false, false, false]);
    expect(items.at(-1)).toMatchObject({ agent: 'young', needed: 8, available: 3, reachedAt: null, probability: null });
    expect(items[0]!.daysLeft).toBe(0);
    expect(items[1]!.daysLeft).toBeCloseTo(20, 0);
    expect(items[1]!.daysLeftLow).toBeLessThanOrEqual(items[1]!.daysLeft!);
    expect(items[1]!.daysLeftHigh).toBeGreaterThanOrEqual(items[1]!.daysLeft!);
    expect(items[1]!.probability).toBe(1);
  });

  test('takes the limit of each from a metric; what has none says so', async () => {
    const { items } = await ask('limitMetric=disk_size');
    expect(items[0]).toMatchObject({ agent: 'slow', limit: 61 });
    expect(items[0]!.daysLeft).toBeCloseTo(2, 0);
    expect(items.filter(({ reason }) => reason === 'no_limit').map(({ agent }) => agent)).toEqual(
      expect.arrayContaining(['flat', 'young']),
    );
  });

  test.each([
    ['agent', 'limit=100', ['full', 'fast'], [1, 1]],
    ['type', 'limit=100', ['builder'], [3]],
    ['fleet', 'limit=400&combine=sum', [''], [6]],
  ])('answers by %s', async (by, query, first, series) => {
    const { items } = await ask(`${query}&by=${by}`);
    const named = items.slice(0, first.length).map((row) => (by === 'agent' ? row.agent : row.type));
    expect(named).toEqual(first);
    expect(items.slice(0, series.length).map((row) => row.series)).toEqual(series);
    expect(items.every(({ seriesId }) => seriesId === null)).toBe(true);
  });

  test('answers for a selection, for a limit below, and with what may be reached', async () => {
    const { items } = await ask('limit=10&direction=below&agent=flat&outlook=true&horizonDays=20');
    expect(items).toMatchObject([{ agent: 'flat', reachedAt: null, reason: 'no_trend', probability: 0 }]);
    const { times, past, low, middle, high } = items[0]!.outlook!;
    expect([past.length, low.length, middle.length, high.length]).toEqual([40, 20, 20, 20]);
    expect([times.length, times[past.length - 1]]).toEqual([60, now]);
    expect(middle.at(-1)).toBe(30);
  });

  test('pages through the ranks', async () => {
    const first = await ask('limit=100&pageSize=4');
    const second = await ask(`limit=100&pageSize=4&cursor=${first.nextCursor}`);
    expect(second.nextCursor).toBeNull();
    const all = await ask('limit=100');
    expect([...first.items, ...second.items]).toEqual(all.items);
  });

  test.each([
    ['limit=100', 'disk_lost', 404],
    ['limit=100&agent=nobody', 'disk_used', 404],
    ['', 'disk_used', 400],
    ['limit=1&limitMetric=disk_size', 'disk_used', 400],
    ['limit=Infinity', 'disk_used', 400],
    ['limit=1e999', 'disk_used', 400],
    ['limit=NaN', 'disk_used', 400],
    ['limit=', 'disk_used', 400],
    ['limit=9&horizonDays=0', 'disk_used', 400],
    ['limit=9&horizonDays=366', 'disk_used', 400],
    ['limit=9&direction=sideways', 'disk_used', 400],
    ['limit=9&series=-1', 'disk_used', 400],
    ['limit=9&cursor=zzz', 'disk_used', 400],
  ])('refuses %s of %s', async (query, metric, status) => {
    await expectProblem(await service.request(`/v1/capacity?metric=${metric}&${query}`), status);
  });
});
