import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { advanceWatermark } from '../../store/records/job-runs.ts';
import { levelShiftsTable } from '../../store/tables.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

const hour = 3_600_000;
const now = new Date(Math.floor(Date.now() / hour) * hour);
const ago = (hours: number) => now.getTime() - hours * hour;
const iso = (ms: number) => new Date(ms).toISOString();

interface Page {
  items: { id: string }[];
  nextCursor: string | null;
}

describe.skipIf(!hasChdb())('accepted levels', () => {
  let service: TestApp;
  let series: string[];

  beforeAll(async () => {
    service = await startTestApp({ now: () => now });
    for (const job of ['liveness', 'detect', 'incidents']) await advanceWatermark(service.state, job, ago(0));
    for (const agent of ['a', 'b'])
      await service.post('/v1/samples', { metric: `${agent}_bytes`, value: 1, agent, time: ago(1) });
    series = (await service.get<Page>('/v1/series')).items.map(({ id }) => id);
    const shift = (name: string, series_id: string, hours: number, rest = {}) => ({
      ...{ tenant: 'default', shift_id: name, series_id, detector: 'composite', withdrawn: 0 },
      ...{ accepted_at: ago(hours), known_at: ago(hours) + 60_000, from_level: 10, to_level: 20 },
      ...{ until: Math.floor(now.getTime() / 86_400_000) + 400, ...rest },
    });
    await service.telemetry.insert(levelShiftsTable, [
      shift('first', series[0]!, 30),
      shift('second', series[0]!, 2),
      shift('other', series[1]!, 1),
      shift('gone', series[1]!, 3, { withdrawn: 1 }),
    ]);
  });
  afterAll(() => service?.close());

  const ids = async (query: string) => (await service.get<Page>(`/v1/level-shifts?${query}`)).items.map(({ id }) => id);

  test('are told with their series and both levels, the newest first; what was withdrawn is not', async () => {
    const { items, nextCursor } = await service.get<Page>('/v1/level-shifts');
    expect(items.map(({ id }) => id)).toEqual(['other', 'second', 'first']);
    expect(nextCursor).toBeNull();
    expect(items[1]).toEqual({
      ...{ id: 'second', seriesId: series[0], metric: 'a_bytes', labels: { agent: 'a' }, unit: '' },
      ...{ detector: 'composite', acceptedAt: iso(ago(2)), fromLevel: 10, toLevel: 20 },
    });
  });

  test('are found by series, metric, agent and time', async () => {
    expect(await ids(`series=${series[0]}`)).toEqual(['second', 'first']);
    expect(await ids('metric=b_bytes')).toEqual(['other']);
    expect(await ids('agent=a')).toEqual(['second', 'first']);
    expect(await ids(`from=${ago(2)}&to=${ago(1)}`)).toEqual(['second']);
    await expectProblem(await service.request('/v1/level-shifts?series=x'), 400);
  });

  test('are read page by page, each once', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await service.get<Page>(`/v1/level-shifts?limit=1${cursor}`);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(seen).toEqual(['other', 'second', 'first']);
  });

  test('are told on the stream once the job has found them', async () => {
    const since = (ms: number) => service.get<{ items: unknown[] }>(`/v1/stream?cursor=${ms}.${ago(0)}.${ago(0)}`);
    const { items } = await since(ago(3));
    expect(items).toMatchObject([
      { event: 'series.level_shifted', data: { id: 'second', fromLevel: 10, toLevel: 20 } },
      { event: 'series.level_shifted', data: { id: 'other' } },
    ]);
    expect((await since(ago(0))).items).toEqual([]);
  });
});
