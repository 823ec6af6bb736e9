import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dailySwing, runWindow } from '../analytics/workbench.ts';
import { insertSeries } from '../store/rows.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

const minute = 60_000;
const hour = 60 * minute;
const now = new Date(Math.floor(Date.now() / hour) * hour);
const ago = (hours: number) => now.getTime() - hours * hour;

interface Backtest {
  series: number;
  points: number;
  failed: string[];
  alarms: number;
  alarmsPerDay: number;
  days: { day: string; alarms: number }[];
  examples: { seriesId: string; startedAt: string; peakScore: number; reason: string }[];
  labels: { real: number; notReal: number; precision: number | null; recall: number | null };
}

describe.skipIf(!hasChdb())('a backtest of a detector', () => {
  let service: TestApp;
  const ids: string[] = [];
  /** Half an hour each, five and ten times as high. */
  const incidents = [
    { from: ago(30), factor: 5 },
    { from: ago(10), factor: 10 },
  ];

  beforeAll(async () => {
    service = await startTestApp({ now: () => now });
    for (const agent of ['a', 'b']) {
      const points = Array.from({ length: 5 * 24 * 60 }, (_, i) => {
        const time = now.getTime() - (5 * 24 * 60 - i) * minute;
        const incident =
          agent === 'a' ? incidents.find(({ from }) => time >= from && time < from + hour / 2) : undefined;
        return { time, value: dailySwing(time) * (incident?.factor ?? 1) };
      });
      ids.push(
        await insertSeries(service.telemetry, { tenant: 'default', metric: 'cpu_ratio', labels: { agent }, points }),
      );
    }
  });
  afterAll(() => service?.close());

  const window = { from: ago(48), to: ago(0), warmUpDays: 3 };
  const ask = (body: object) =>
    service.post('/v1/detectors/backtest', { selector: { metric: 'cpu_ratio' }, ...window, ...body });
  async function backtest(body: object = {}): Promise<Backtest> {
    const response = await ask(body);
    expect(response.status, await response.clone().text()).toBe(200);
    return (await response.json()) as Backtest;
  }

  test('tells which alarms there would have been, the worst first, and stores none', async () => {
    const found = await backtest();
    expect(found).toMatchObject({ series: 2, points: 2 * 5 * 1440, failed: [], alarms: 2, alarmsPerDay: 1 });
    expect(found.examples.map(({ seriesId, startedAt }) => [seriesId, Date.parse(startedAt)])).toEqual([
      [ids[0], incidents[1]!.from],
      [ids[0], incidents[0]!.from],
    ]);
    expect(found.days.reduce((sum, { alarms }) => sum + alarms, 0)).toBe(2);
    expect(found.labels).toEqual({ real: 0, notReal: 0, precision: null, recall: null });
    expect((await service.get<{ items: object[] }>('/v1/anomalies')).items).toEqual([]);
  });

  test('obeys the threshold that is given, and says which settings it used', async () => {
    const [worst, second] = (await backtest()).examples;
    const between = (worst!.peakScore + second!.peakScore) / 2;
    expect(await backtest({ settings: { threshold: between } })).toMatchObject({
      alarms: 1,
      settings: { detector: 'composite', threshold: between },
    });
    expect((await backtest({ settings: { threshold: worst!.peakScore } })).alarms).toBe(0);
  });

  test('measures precision and recall where people have said what was real', async () => {
    const detect = service.jobs.find(({ id }) => id === 'detect')!;
    await runWindow(detect, ago(120), ago(0));
    const { items } = await service.get<{ items: { id: string; startedAt: string }[] }>('/v1/anomalies?agent=a');
    const at = (from: number) => items.find(({ startedAt }) => Date.parse(startedAt) === from)!.id;
    await service.post(`/v1/anomalies/${at(incidents[1]!.from)}/feedback`, { verdict: 'real' });
    await service.post(`/v1/anomalies/${at(incidents[0]!.from)}/feedback`, { verdict: 'false_alarm' });
    expect((await backtest()).labels).toEqual({ real: 1, notReal: 1, precision: 0.5, recall: 1 });
    const [worst, second] = (await backtest()).examples;
    const strict = await backtest({ settings: { threshold: (worst!.peakScore + second!.peakScore) / 2 } });
    expect(strict.labels).toMatchObject({ precision: 1, recall: 1 });
  });

  test('is given up when the client goes away', async () => {
    const response = await service.request('/v1/detectors/backtest', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ selector: { metric: 'cpu_ratio' }, ...window }),
      signal: AbortSignal.abort(),
    });
    expect(response.status).toBe(503);
  });

  test.each<[string, object, number]>([
    ['nothing is selected', { selector: { metric: 'none' } }, 404],
    ['the selector is empty', { selector: {} }, 400],
    ['the time is empty', { to: ago(48) }, 400],
    ['the time is too long', { from: ago(24 * 40) }, 400],
    ['the rate is none', { settings: { alarmsPerSeriesPerWeek: 0 } }, 400],
    ['the detector is unknown', { settings: { detector: 'oracle' } }, 400],
  ])('is refused when %s', async (_, body, status) => {
    await expectProblem(await ask(body), status);
  });
});
