import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anomaliesTable, forecastsTable, scoresTable } from '../../store/tables.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

const minute = 60_000;
const now = new Date(Math.floor(Date.now() / minute) * minute);
const agentNames = Array.from({ length: 25 }, (_, i) => `agent-${String(i).padStart(2, '0')}`);
const until = Math.floor(now.getTime() / 86_400_000) + 400;

interface Page {
  items: Record<string, unknown>[];
  nextCursor: string | null;
}

describe.skipIf(!hasChdb())('lists', () => {
  let service: TestApp;
  let seriesId: string;

  beforeAll(async () => {
    service = await startTestApp({ now: () => now });
    await service.post(
      '/v1/heartbeats',
      agentNames.map((agent, i) => ({
        agent,
        type: i % 2 === 0 ? 'even' : 'odd',
        version: '1.0',
        labels: { index: String(i) },
        time: now.getTime() - [0, 3, 10][i % 3]! * minute,
      })),
    );
    await service.post(
      '/v1/samples',
      agentNames.flatMap((agent, i) => [
        {
          metric: 'cpu_ratio',
          value: i,
          agent,
          labels: { region: i < 10 ? 'eu' : 'us' },
          unit: '1',
          time: now.getTime() - minute,
        },
        { metric: 'memory_bytes', value: i, agent, time: now.getTime() - 2 * minute },
      ]),
    );
    const { items } = await service.get<Page>('/v1/series?metric=cpu_ratio&agent=agent-03');
    seriesId = items[0]!.id as string;
    await insertResults();
  });
  afterAll(() => service?.close());

  /** Results as the jobs write them: fifteen anomalies, of which every third is open, scores and forecasts. */
  async function insertResults() {
    const { telemetry } = service;
    const key = { tenant: 'default', series_id: seriesId };
    const band = { expected: 1, lower: 0.5, upper: 1.5, maturity: 1 };
    await telemetry.insert(
      anomaliesTable,
      Array.from({ length: 15 }, (_, i) => ({
        ...key,
        ...band,
        anomaly_id: `${seriesId}-${i}`,
        detector: 'seasonal-band',
        // Two begin at the same time: the cursor must tell them apart.
        started_at: now.getTime() - Math.floor(i / 2) * 10 * minute,
        ended_at: i % 3 === 0 ? null : now.getTime() - Math.floor(i / 2) * 10 * minute + minute,
        peak_at: now.getTime() - Math.floor(i / 2) * 10 * minute,
        peak_score: 1 + i,
        peak_value: 9,
        reason: 'above the band',
        withdrawn: 0,
        held_back_by: '',
        as_of: now.getTime(),
        until,
      })).map((row, i) => ({ ...row, detector: `${row.detector}${i % 2 === 0 ? '' : '-b'}` })),
    );
    const scores = [0.2, 3].map((score, i) => ({
      ...key,
      ...band,
      time: now.getTime() - (2 - i) * minute,
      detector: 'seasonal-band',
      value: i,
      score,
      until,
    }));
    await telemetry.insert(scoresTable, scores);
    const forecast = {
      ...key,
      issued_at: now.getTime(),
      step_seconds: 3600,
      mean: [1, Number.NaN],
      levels: [0.1, 0.9],
      quantiles: [0, 0, 2, 2],
      naive_mase: 1.2,
      tested_steps: 2,
      folds: 3,
      replaced_because: '',
      members: JSON.stringify([{ forecaster: 'ar', weight: 1, mase: null }]),
      until,
    };
    await telemetry.insert(forecastsTable, [
      { ...forecast, forecaster: 'seasonal-naive', chosen: 0, mase: Number.NaN },
      { ...forecast, forecaster: 'combined', chosen: 1, mase: 0.8 },
    ]);
  }

  async function readAll(path: string, limit: number): Promise<Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null; pages++) {
      expect(pages, 'the pages come to an end').toBeLessThan(100);
      const page: Page = await service.get<Page>(
        `${path}limit=${limit}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      expect(page.items.length).toBeLessThanOrEqual(limit);
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  }

  test('of agents have their state, their age and their words', async () => {
    const { items, nextCursor } = await service.get<Page>('/v1/agents?limit=3');
    expect(items.map(({ state, heartbeatAgeSeconds }) => [state, heartbeatAgeSeconds])).toEqual([
      ['new', 0],
      ['late', 180],
      ['down', 600],
    ]);
    expect(items[1]).toEqual({
      agent: 'agent-01',
      type: 'odd',
      version: '1.0',
      status: 'ok',
      state: 'late',
      firstSeenAt: new Date(now.getTime() - 3 * minute).toISOString(),
      lastSeenAt: new Date(now.getTime() - 3 * minute).toISOString(),
      heartbeatAgeSeconds: 180,
      intervalSeconds: 60,
      expectedSeconds: 60,
      clockSkewSeconds: null,
      labels: { index: '1' },
    });
    expect(nextCursor).toEqual(expect.any(String));
  });

  test.each([
    ['/v1/agents?', 'agent', 25],
    ['/v1/agents?type=even&', 'agent', 13],
    ['/v1/series?metric=cpu_ratio&', 'id', 25],
    ['/v1/series?', 'id', 75],
    ['/v1/anomalies?', 'id', 15],
  ])('%s are read through page by page, each item exactly once and in order', async (path, key, count) => {
    const whole = (await readAll(path, 1000)).map((item) => item[key]);
    expect(whole).toHaveLength(count);
    expect(new Set(whole).size).toBe(count);
    for (const limit of [1, 7, count]) expect((await readAll(path, limit)).map((item) => item[key])).toEqual(whole);
  });

  test.each<[string, number]>([
    ['/v1/agents?type=odd', 12],
    ['/v1/agents?type=none', 0],
    ['/v1/agents?state=new', 9],
    ['/v1/agents?state=up', 0],
    ['/v1/agents?state=down&type=even', 4],
    ['/v1/series?metric=none', 0],
    ['/v1/series?agent=agent-03', 3],
    ['/v1/series?metric=cpu_ratio&label.region=eu', 10],
    ['/v1/series?label.region=eu&label.agent=agent-00', 1],
    ['/v1/series?label.region=', 50],
    ['/v1/anomalies?open=true', 5],
    ['/v1/anomalies?open=false', 10],
    ['/v1/anomalies?minScore=14', 2],
    ['/v1/anomalies?agent=agent-03&metric=cpu_ratio', 15],
    ['/v1/anomalies?agent=agent-04', 0],
    ['/v1/anomalies?metric=memory_bytes', 0],
    [`/v1/anomalies?from=${now.getTime()}`, 6],
    [`/v1/anomalies?to=${now.getTime()}`, 13],
    [`/v1/anomalies?to=${now.toISOString()}&open=true`, 4],
    ['/v1/forecasts', 1],
    ['/v1/forecasts?metric=memory_bytes', 0],
    ['/v1/slos', 2],
  ])('%s gives the %i items that match', async (path, count) => {
    const { items, nextCursor } = await service.get<Page>(path);
    expect([items.length, nextCursor]).toEqual([count, null]);
  });

  test('of anomalies are newest first, and say where, how much and why', async () => {
    const { items } = await service.get<Page>(`/v1/anomalies?series=${seriesId}`);
    const starts = items.map(({ startedAt }) => startedAt as string);
    expect(starts).toEqual(starts.toSorted().reverse());
    expect(items.find(({ id }) => id === `${seriesId}-0`)).toEqual({
      id: `${seriesId}-0`,
      seriesId,
      metric: 'cpu_ratio',
      labels: { agent: 'agent-03', region: 'eu' },
      unit: '1',
      detector: 'seasonal-band',
      startedAt: now.toISOString(),
      endedAt: null,
      peakAt: now.toISOString(),
      peakScore: 1,
      peakValue: 9,
      expected: 1,
      lower: 0.5,
      upper: 1.5,
      maturity: 1,
      reason: 'above the band',
      heldBackBy: null,
    });
  });

  test('one of each can be read by its id', async () => {
    expect(await service.get(`/v1/series/${seriesId}`)).toMatchObject({ id: seriesId, metric: 'cpu_ratio', unit: '1' });
    expect(await service.get(`/v1/anomalies/${seriesId}-4`)).toMatchObject({ id: `${seriesId}-4`, peakScore: 5 });
    expect(await service.get('/v1/slos/task-success')).toMatchObject({ id: 'task-success', history: { times: [] } });
  });

  test('of points say their step, and hold raw values, minutes or hours', async () => {
    const path = `/v1/series/${seriesId}/points`;
    expect(await service.get(`${path}?step=raw`)).toMatchObject({
      id: seriesId,
      stepSeconds: 0,
      times: [now.getTime() - minute],
      values: [3],
      to: now.toISOString(),
    });
    expect(await service.get(path)).toMatchObject({ stepSeconds: 60, values: [3] });
    expect(await service.get(`${path}?from=${now.getTime() - 3 * 86_400_000}`)).toMatchObject({
      stepSeconds: 3600,
      values: [3],
    });
    expect(await service.get(`${path}?to=${now.getTime() - minute}`), 'the end is not of the range').toMatchObject({
      values: [],
    });
  });

  test('of points over all of time answer, whatever the bounds are', async () => {
    for (const [from, to] of [
      [0, 8.64e15],
      ['1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z'],
    ]) {
      const points = await service.get<{ values: number[] }>(`/v1/series/${seriesId}/points?from=${from}&to=${to}`);
      expect(points.values).toEqual([3]);
    }
  });

  test('of scores hold the band beside the values', async () => {
    expect(await service.get(`/v1/series/${seriesId}/scores`)).toEqual({
      id: seriesId,
      detector: 'seasonal-band',
      times: [now.getTime() - 2 * minute, now.getTime() - minute],
      values: [0, 1],
      scores: [expect.closeTo(0.2), 3],
      expected: [1, 1],
      lower: [0.5, 0.5],
      upper: [1.5, 1.5],
    });
  });

  test('of forecasts give the chosen one first, quantile by quantile, and null for what is not a number', async () => {
    const { items } = await service.get<Page>(`/v1/forecasts?series=${seriesId}`);
    expect(items.map(({ forecaster, chosen, mase }) => [forecaster, chosen, mase])).toEqual([
      ['combined', true, 0.8],
      ['seasonal-naive', false, null],
    ]);
    expect(items[0]).toMatchObject({
      issuedAt: now.toISOString(),
      stepSeconds: 3600,
      times: [now.getTime(), now.getTime() + 3_600_000],
      mean: [1, null],
      levels: [0.1, 0.9],
      quantiles: [
        [0, 0],
        [2, 2],
      ],
    });
    const [short] = (await service.get<Page>('/v1/forecasts')).items;
    expect(short).toMatchObject({ seriesId, forecaster: 'combined', mase: 0.8, chosen: true });
    expect(short).not.toHaveProperty('mean');
  });

  describe('a bad question', () => {
    const cursorOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

    test.each<[string, string]>([
      ['/v1/agents?limit=0', '/limit'],
      ['/v1/agents?limit=1001', '/limit'],
      ['/v1/agents?limit=ten', '/limit'],
      ['/v1/agents?state=asleep', '/state'],
      ['/v1/agents?type=a&type=b', '/type'],
      ['/v1/agents?cursor=nonsense', '/cursor'],
      [`/v1/agents?cursor=${cursorOf(['a', 'b'])}`, '/cursor'],
      [`/v1/series?cursor=${cursorOf(['a', 'b'])}`, '/cursor'],
      [`/v1/series?cursor=${cursorOf(['a', '99999999999999999999'])}`, '/cursor'],
      [`/v1/anomalies?cursor=${cursorOf({})}`, '/cursor'],
      ['/v1/series?lable.region=eu', '/lable.region'],
      ['/v1/series?label.region=eu&label.region=us', '/label.region'],
      ['/v1/series/abc', '/id'],
      ['/v1/series/-1', '/id'],
      ['/v1/series/18446744073709551616', '/id'],
      ['/v1/series/1/points?step=day', '/step'],
      ['/v1/series/1/points?from=yesterday', '/from'],
      ['/v1/series/1/points?from=', '/from'],
      ['/v1/series/1/points?from=1.5', '/from'],
      ['/v1/series/1/points?from=-1', '/from'],
      ['/v1/series/1/points?from=8640000000000001', '/from'],
      ['/v1/series/1/points?from=2026-01-01T00:00:00', '/from'],
      ['/v1/series/1/scores?to=1969-12-31T23:59:59Z', '/to'],
      ['/v1/anomalies?open=maybe', '/open'],
      ['/v1/anomalies?minScore=-1', '/minScore'],
      ['/v1/anomalies?minScore=1e999', '/minScore'],
      ['/v1/anomalies?series=x', '/series'],
      ['/v1/forecasts?series=x', '/series'],
      ['/v1/forecasts?forecaster=oracle', '/forecaster'],
      ['/v1/jobs/detect/runs?limit=0', '/limit'],
    ])('%s answers 400 with a pointer at the parameter', async (path, pointer) => {
      const { errors } = await expectProblem(await service.request(path), 400);
      expect(errors!.map((error) => error.pointer)).toEqual([pointer]);
    });

    test('of a range that ends before it begins points at from', async () => {
      for (const name of ['points', 'scores']) {
        const response = await service.request(`/v1/series/${seriesId}/${name}?from=2&to=1`);
        expect((await expectProblem(response, 400)).errors).toEqual([{ pointer: '/from', detail: 'not before `to`' }]);
      }
    });

    test.each([
      '/v1/series/1',
      '/v1/series/18446744073709551615',
      '/v1/series/1/points',
      '/v1/series/1/scores',
      '/v1/forecasts?series=1',
      '/v1/anomalies/none',
      '/v1/slos/none',
      '/v1/jobs/none/runs',
      '/v1/jobs/none/runs/1',
      '/v1/jobs/detect/runs/none',
      '/v1/nothing',
      '/v1/agents/',
      '/v2/agents',
      '/docs/../etc/passwd',
      '/docs/other.js',
      '/console/..%2f..%2fpackage.json',
      '/%00',
    ])('for %s, which does not exist, answers 404', async (path) => {
      await expectProblem(await service.request(path), 404);
    });
  });
});
