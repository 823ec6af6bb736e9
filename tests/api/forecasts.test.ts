import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

const hour = 3_600_000;
const now = Math.floor(Date.now() / hour) * hour;

interface Forecast {
  forecaster: string;
  source: string;
  issuedAt: string;
  times: number[];
  mean: number[];
  levels: number[];
  quantiles: number[][];
  members: { forecaster: string; weight: number }[];
}
interface Figures {
  folds: number;
  mase: number | null;
  skill: number | null;
  coverage: number | null;
}
interface Backtest {
  overall: Figures;
  series: (Figures & { metric: string; reason: string | null; needed: number | null; available: number | null })[];
}

const swing = (time: number) => 50 + 10 * Math.sin((2 * Math.PI * time) / (24 * hour)) + Math.sin(time / 7919);

describe.skipIf(!hasChdb())('forecasts', () => {
  let service: TestApp;
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    service = await startTestApp({ now: () => new Date(now + 60_000) });
    const send = (metric: string, hours: number, value: (time: number) => number, until = now) => {
      const times = Array.from({ length: hours }, (_, i) => until - (hours - i) * hour);
      return service.post(
        '/v1/samples',
        times.map((time) => ({ metric, agent: 'a', time, value: value(time) })),
      );
    };
    await send('swing', 15 * 24, swing);
    await send('rising', 15 * 24, (time) => swing(time) + (time - now) / hour / 3);
    await send('young', 30, swing);
    await send('silent', 15 * 24, swing, now - 48 * hour);
    for (const { id, metric } of (await service.get<{ items: { id: string; metric: string }[] }>('/v1/series')).items)
      ids[metric] = id;
    const run = await service.post('/v1/jobs/forecast/runs', { from: now - hour, to: now });
    const { id } = (await run.json()) as { id: string };
    await eventually(
      async () => (await service.get<{ status: string }>(`/v1/jobs/forecast/runs/${id}`)).status === 'succeeded',
    );
  });
  afterAll(() => service?.close());

  const ask = async (query: string) => (await service.get<{ items: Forecast[] }>(`/v1/forecasts?${query}`)).items;

  test('that are stored are cut to what was asked for', async () => {
    const [whole] = await ask(`series=${ids.swing}`);
    const [part] = await ask(`series=${ids.swing}&horizon=6&quantiles=0.9,0.1`);
    expect(part).toMatchObject({ source: 'stored', levels: [0.1, 0.9], mean: whole!.mean.slice(0, 6) });
    expect(part!.times).toEqual(whole!.times.slice(0, 6));
    expect(part!.quantiles).toEqual([1, 3].map((l) => whole!.quantiles[l]!.slice(0, 6)));
  });

  test('are computed where the stored one does not reach so far, or lacks a quantile', async () => {
    for (const query of ['horizon=120', 'quantiles=0.05,0.5']) {
      const [computed] = await ask(`series=${ids.swing}&${query}`);
      expect(computed).toMatchObject({
        source: 'computed',
        forecaster: 'combined',
        issuedAt: new Date(now).toISOString(),
      });
      expect(computed!.times[0]).toBe(now);
      expect(computed!.mean).toHaveLength(query === 'horizon=120' ? 120 : 48);
      expect(computed!.quantiles).toHaveLength(computed!.levels.length);
      const errors = computed!.mean.map((value, h) => Math.abs(value - swing(now + h * hour)));
      expect(Math.max(...errors)).toBeLessThan(6);
      expect(computed!.members.length).toBeGreaterThan(0);
    }
    const [naive] = await ask(`series=${ids.swing}&horizon=60&forecaster=seasonal-naive`);
    expect(naive).toMatchObject({ source: 'computed', forecaster: 'seasonal-naive' });
  });

  test('beyond what the history can carry say what is needed and what there is', async () => {
    const far = await expectProblem(await service.request(`/v1/forecasts?series=${ids.swing}&horizon=500`), 422);
    expect(far.type).toBe('urn:fleetcast:problem:insufficient_history');
    expect(far.detail).toBe('a horizon of 500 hours needs 500 observed hours; 360 are available');
    const young = await expectProblem(await service.request(`/v1/forecasts?series=${ids.young}&horizon=48`), 422);
    expect(young.detail).toContain('30 are available');
    const silent = await expectProblem(await service.request(`/v1/forecasts?series=${ids.silent}&horizon=24`), 422);
    expect(silent.detail).toBe('the series has been silent for 48 hours');
  });

  test.each([
    ['series=7&horizon=24', 404],
    ['horizon=24', 400],
    ['quantiles=0.5', 400],
    ['series=SWING&horizon=0', 400],
    ['series=SWING&horizon=673', 400],
    ['series=SWING&horizon=1.5', 400],
    ['series=SWING&quantiles=0,0.5', 400],
    ['series=SWING&quantiles=1', 400],
    ['series=SWING&quantiles=a', 400],
    ['series=SWING&quantiles=', 400],
    [`series=SWING&quantiles=${Array.from({ length: 22 }, (_, i) => (i + 1) / 30).join(',')}`, 400],
  ])('refuse %s', async (query, status) => {
    await expectProblem(await service.request(`/v1/forecasts?${query.replace('SWING', ids.swing!)}`), status);
  });

  const backtest = (inquiry: object) => service.post('/v1/forecasts/backtest', inquiry);

  test('can be tried on the past of a selection before anything is built on them', async () => {
    const answer = await backtest({ selector: { agent: 'a' }, horizon: 24, folds: 3 });
    expect(answer.status).toBe(200);
    const { overall, series } = (await answer.json()) as Backtest;
    expect(series.map(({ metric, folds, reason }) => [metric, folds, reason])).toEqual([
      ['rising', 3, null],
      ['silent', 1, null],
      ['swing', 3, null],
      ['young', 0, 'insufficient_history'],
    ]);
    const rising = series[0]!;
    expect(rising.skill, 'a trend is more than the day before').toBeGreaterThan(0.5);
    expect(rising.coverage).toBeGreaterThan(0.5);
    expect(series[3]).toMatchObject({ needed: 24, available: 6, mase: null });
    expect(overall.folds).toBe(7);
    expect(overall.skill).not.toBeNull();
  });

  test.each<[object, number]>([
    [{ selector: { metric: 'nothing' } }, 404],
    [{ selector: { series: 'x' } }, 400],
    [{ selector: {}, horizon: 0 }, 400],
    [{ selector: {}, horizon: 400 }, 400],
    [{ selector: {}, folds: 11 }, 400],
    [{ selector: {}, interval: 1 }, 400],
    [{ selector: { host: 'a' } }, 400],
    [{}, 400],
  ])('a backtest of %j is refused', async (inquiry, status) => {
    await expectProblem(await backtest(inquiry), status);
  });
});
