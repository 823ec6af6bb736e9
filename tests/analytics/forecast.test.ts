import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createForecastJob, horizonSteps } from '../../analytics/forecast.ts';
import { createForecastNetwork } from '../../analytics/forecast-network.ts';
import { createTrainJob } from '../../analytics/train.ts';
import { naive } from '../../models/forecasters/naive.ts';
import { runTrials } from '../../models/forecasters/trials.ts';
import { encodeFloats } from '../../models/networks/floats.ts';
import type { ModelPool } from '../../models/pool.ts';
import type { RegularSeries } from '../../models/series.ts';
import { forecastsOfSeries } from '../../store/queries/forecasts.ts';
import { promoteModel } from '../../store/records/model-promotions.ts';
import { listModels, modelInUse, storeModel } from '../../store/records/models.ts';
import { forecastScoresTable } from '../../store/tables.ts';
import { createHealth } from '../../telemetry/health.ts';
import { createLogger } from '../../telemetry/log.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { dayMs, forecastScore, hourMs, insertSeries, mondayMs, readAll } from '../store/rows.ts';
import { hasChdb } from '../support/servers.ts';
import { dailySwing, newTenantState, runWindow, startWorkbench, type Workbench } from './workbench.ts';

const start = mondayMs;
const now = start + 28 * dayMs;
/** Of a training; a fraction of what it takes in life. */
const steps = 80;
const everyVersion = { kind: '', after: undefined, limit: 100 };

describe.skipIf(!hasChdb())('the forecast and the train job', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await startWorkbench();
  });
  afterAll(() => bench?.stop());

  const hours = (from: number, to: number, value: (time: number) => number = dailySwing) =>
    Array.from({ length: (to - from) / hourMs }, (_, i) => ({
      time: from + i * hourMs,
      value: value(from + i * hourMs),
    }));

  async function arrange() {
    const { telemetry } = bench;
    // What the job does with a version does not hang on how long it was trained.
    const trainSeasonalMlp: ModelPool['trainSeasonalMlp'] = (task, options) =>
      bench.models.trainSeasonalMlp({ ...task, options: { ...task.options, steps } }, options);
    const models = { ...bench.models, trainSeasonalMlp };
    const { tenant, state } = await newTenantState();
    const metrics = createMetrics('test');
    const health = createHealth(() => new Date(now), metrics.degraded);
    const network = createForecastNetwork({ state, health, metrics, log: createLogger('silent') });
    const training = { backend: undefined, health, now: () => new Date(now) };
    const options = { telemetry, state, models, network, excludeMetrics: ['agent_up_ratio'], ...training };
    const add = (metric: string, points: { time: number; value: number }[], aggregation: 'avg' | 'sum' = 'avg') =>
      insertSeries(telemetry, { tenant, metric, points, aggregation });
    return {
      tenant,
      state,
      health,
      metrics,
      add,
      job: createForecastJob(options),
      options,
      train: createTrainJob(options),
      read: (id: string) => telemetry.query(forecastsOfSeries, { tenant, id, forecaster: '' }),
      rows: () => readAll(telemetry, 'forecasts', tenant),
    };
  }

  const window = [now - hourMs, now] as const;

  test('every series that lives has one chosen forecast of 48 hours, with ordered quantiles around it', async () => {
    const { add, job, read } = await arrange();
    const daily = await add('daily', hours(start, now));
    const rising = await add(
      'rising',
      hours(start, now, (time) => (time - start) / dayMs + dailySwing(time) / 10),
    );
    expect(await runWindow(job, ...window)).toEqual({ series: 2, forecasts: 2, tooShort: 0, replaced: 0 });
    for (const id of [daily, rising]) {
      const forecasts = await read(id);
      expect(forecasts).toMatchObject([{ forecaster: 'combined', chosen: true, tested_steps: horizonSteps, folds: 6 }]);
      expect(forecasts[0]!.mase).toBeLessThanOrEqual(forecasts[0]!.naive_mase);
      expect(forecasts[0]!.members.length).toBeGreaterThan(0);
      for (const { issued_at, step_seconds, mean, levels, quantiles } of forecasts) {
        expect([issued_at, step_seconds, mean.length]).toEqual([now, 3600, horizonSteps]);
        expect(levels).toEqual([...levels].sort((a, b) => a - b));
        expect([...mean, ...quantiles].every(Number.isFinite)).toBe(true);
        expect(quantiles).toHaveLength(levels.length * horizonSteps);
        for (let i = horizonSteps; i < quantiles.length; i++) {
          expect(quantiles[i]).toBeGreaterThanOrEqual(quantiles[i - horizonSteps]!);
        }
      }
    }
    const [best] = await read(daily);
    const errors = best!.mean.map((value, h) => Math.abs(value - dailySwing(now + h * hourMs)));
    expect(Math.max(...errors)).toBeLessThan(10);
  });

  test('a series that is too short has none and is counted; one that is silent or left out is not asked', async () => {
    const { add, job, read } = await arrange();
    const short = await add('short', hours(now - hourMs, now));
    await add('silent', hours(start, now - 7 * hourMs));
    await add('agent_up_ratio', hours(start, now));
    expect(await runWindow(job, ...window)).toEqual({ series: 1, forecasts: 0, tooShort: 1, replaced: 0 });
    expect(await read(short)).toEqual([]);
  });

  test('a young series is forecast as far ahead as it is old, and a ratio no higher than 1', async () => {
    const { add, job, read } = await arrange();
    const young = await add('young', hours(now - 20 * hourMs, now));
    const full = (time: number) => Math.min(1, dailySwing(time) / 100);
    const ratio = await add('disk_used_ratio', hours(start, now, full));
    const plain = await add('disk_used', hours(start, now, full));
    await runWindow(job, ...window);
    expect((await read(young))[0]!.mean).toHaveLength(20);
    const highest = async (id: string) => Math.max(...(await read(id))[0]!.quantiles);
    expect(await highest(ratio)).toBe(1);
    expect(await highest(plain)).toBeGreaterThan(1);
  });

  test('an hour without a count is 0, an hour without a value is missing', async () => {
    const { add, job, read } = await arrange();
    const everySixth = (points: { time: number; value: number }[]) => points.filter((_, i) => i % 6 === 0);
    const counts = await add(
      'counts',
      [...everySixth(hours(start, now, () => 6)), { time: now - hourMs, value: 0 }],
      'sum',
    );
    const values = await add(
      'values',
      hours(start, now, () => 6).filter((_, i) => i % 6 !== 3),
    );
    await runWindow(job, ...window);
    const mean = async (id: string) => {
      const [best] = await read(id);
      return best!.mean.reduce((sum, value) => sum + value, 0) / horizonSteps;
    };
    expect(await mean(counts)).toBeCloseTo(1, 0);
    expect(await mean(values)).toBeCloseTo(6, 6);
  });

  test('the same window again changes nothing', async () => {
    const { add, job, rows } = await arrange();
    await add('daily', hours(start, now));
    await runWindow(job, ...window);
    const before = await rows();
    await runWindow(job, ...window);
    expect(before).toHaveLength(1);
    expect(await rows()).toEqual(before);
  });

  test('a forecast knows nothing of what comes after the end of its window', async () => {
    const [with_, without] = [await arrange(), await arrange()];
    await without.add('daily', hours(start, now));
    await with_.add(
      'daily',
      hours(start, now + dayMs, (time) => (time >= now ? 1e6 : dailySwing(time))),
    );
    for (const { job } of [with_, without]) await runWindow(job, ...window);
    const strip = ({ tenant: _, series_id: __, ...row }: Record<string, unknown>) => row;
    expect((await with_.rows()).map(strip)).toEqual((await without.rows()).map(strip));
  });

  test('where the ledger says that it did worse than seasonal naive, that stands in for it, until it does better', async () => {
    const { add, job, read, tenant } = await arrange();
    const [bad, good] = [await add('bad', hours(start, now + dayMs)), await add('good', hours(start, now + dayMs))];
    const score = (id: string, hour: number, abs_error: number) =>
      forecastScore(tenant, id, now - hour * hourMs, { abs_error });
    const past = Array.from({ length: 30 }, (_, i) => i + 1);
    const poor = past.flatMap((hour) => [score(bad, hour, 1.5), score(good, hour, 0.5)]);
    await bench.telemetry.insert(forecastScoresTable, poor);
    expect(await runWindow(job, ...window)).toEqual({ series: 2, forecasts: 2, tooShort: 0, replaced: 1 });
    const because = 'combined erred 50 % more than seasonal naive over its last 30 scored forecasts';
    expect((await read(bad)).map((row) => [row.forecaster, row.chosen, row.replaced_because])).toEqual([
      ['seasonal-naive', true, because],
      ['combined', false, ''],
    ]);
    expect((await read(good)).map((row) => [row.forecaster, row.chosen, row.replaced_because])).toEqual([
      ['combined', true, ''],
    ]);
    const better = past.map((hour) => score(bad, hour - 24, 0.1));
    await bench.telemetry.insert(forecastScoresTable, better);
    await runWindow(job, now + 23 * hourMs, now + dayMs);
    expect(await read(bad)).toMatchObject([{ forecaster: 'combined', chosen: true }]);
  });

  test('training on too little history stores no model', async () => {
    const { add, train, state, tenant } = await arrange();
    await add('short', hours(now - 48 * hourMs, now));
    expect(await runWindow(train, ...window)).toEqual({ series: 1, trained: 0, promoted: 0 });
    expect(await modelInUse(state, tenant, 'seasonal-mlp')).toBeUndefined();
  });

  test('training stores a model that the next forecasts use; the same training gives the same weights', async () => {
    const { add, train, job, state, tenant, read, health } = await arrange();
    // Without noise an autoregression is exact, and takes all of the weight.
    const noise = (time: number) => ((time / hourMs) * 2_654_435_761) % 31;
    const ids = [
      await add(
        'one',
        hours(start, now, (time) => noise(time) + dailySwing(time)),
      ),
      await add(
        'two',
        hours(start, now, (time) => noise(time) + dailySwing(time + 6 * hourMs)),
      ),
    ];
    const ratios: number[] = [];
    expect(await runWindow(train, ...window, { progress: (ratio) => void ratios.push(ratio) })).toEqual({
      series: 2,
      trained: 1,
      promoted: 1,
    });
    expect(ratios.at(-1)).toBe(1);
    const model = await modelInUse(state, tenant, 'seasonal-mlp');
    expect(model).toMatchObject({ version: 1, createdAt: now, metadata: { series: 2 } });
    expect(model!.training!.to, 'the last days were held out').toBeLessThan(now);
    const { first, last } = (model!.metadata as { loss: { first: number; last: number } }).loss;
    expect(last).toBeLessThan(first);
    expect(health.degradations().map(({ component }) => component)).toEqual(
      model!.backend === 'cpu' ? ['training'] : [],
    );

    expect(await runWindow(job, ...window)).toEqual({ series: 2, forecasts: 2, tooShort: 0, replaced: 0 });
    const members = (await Promise.all(ids.map(read))).flatMap(([forecast]) => forecast!.members);
    expect(members.map(({ forecaster }) => forecaster)).toContain('seasonal-mlp');

    expect(await runWindow(train, ...window), 'the same data teach nothing new').toMatchObject({ trained: 0 });
    expect(await listModels(state, tenant, everyVersion)).toHaveLength(1);
  });

  test('no value by which a forecast weighs its members is learned from, and every value before them is', async () => {
    const { add, options } = await arrange();
    await add('one', hours(start, now));
    const given: RegularSeries[] = [];
    const trainSeasonalMlp: ModelPool['trainSeasonalMlp'] = async ({ series }) => {
      given.push(...series);
      return { ok: false, reason: 'insufficient_history', needed: 0, available: 0 };
    };
    const models = { ...bench.models, trainSeasonalMlp };
    await runWindow(createTrainJob({ ...options, models }), ...window);
    const [{ startMs, values }] = given as [RegularSeries];
    const { origins } = runTrials([naive], new Float64Array(28 * 24).fill(1), [24, 168], horizonSteps, true);
    expect(startMs + values.length * hourMs).toBe(start + origins[0]! * hourMs);
  });

  test('forecasts go on without damaged weights, which is told; the next training replaces them', async () => {
    const { add, train, job, state, tenant, read, health, metrics } = await arrange();
    const id = await add('one', hours(start, now));
    const training = { from: start, to: now };
    const weights = Buffer.from('{"horizon": 48, "parameters": [');
    const stored = { tenant, kind: 'seasonal-mlp', weights, training, dataHash: '', backend: 'wasm', metrics: {} };
    const { id: damaged } = await storeModel(state, stored, new Date(now));
    await promoteModel(state, { tenant, id: damaged, actor: 'test', reason: '' }, new Date(now));
    expect(await runWindow(job, ...window)).toEqual({ series: 1, forecasts: 1, tooShort: 0, replaced: 0 });
    expect(JSON.stringify((await read(id))[0]!.members)).not.toContain('seasonal-mlp');
    await state.db.updateTable('models').set({ checksum: 'other' }).execute();
    await runWindow(job, ...window);
    expect(health.degradations()).toMatchObject([
      { component: 'forecast network', reason: expect.stringContaining('seasonal-mlp version 1 are damaged') },
    ]);
    expect(await metrics.registry.metrics()).toContain(
      'fleetcast_model_load_failures_total{kind="seasonal-mlp",version="1"} 2',
    );

    expect(await runWindow(train, ...window)).toMatchObject({ trained: 1, promoted: 1 });
    await runWindow(job, ...window);
    expect(await modelInUse(state, tenant, 'seasonal-mlp')).toMatchObject({ version: 2, parentId: damaged });
    expect(health.degradations().map(({ component }) => component)).not.toContain('forecast network');
  });

  test('a new version is taken into use only when it errs less on the days that neither has seen', async () => {
    const { add, train, state, tenant } = await arrange();
    await add('one', hours(start, now + dayMs));
    await runWindow(train, ...window);
    const first = (await modelInUse(state, tenant, 'seasonal-mlp'))!;
    const worse = JSON.parse(first.weights.toString()) as { parameters: string[] };
    worse.parameters[5] = encodeFloats(new Float32Array(3 * horizonSteps).fill(3));
    const bad = await storeModel(
      state,
      { ...first, training: first.training!, dataHash: 'other', weights: Buffer.from(JSON.stringify(worse)) },
      new Date(now),
    );
    await promoteModel(state, { tenant, id: bad.id, actor: 'test', reason: '' }, new Date(now));

    const next = [now, now + hourMs] as const;
    expect(await runWindow(train, ...next), 'it beats the bad one').toMatchObject({ trained: 1, promoted: 1 });
    const better = (await modelInUse(state, tenant, 'seasonal-mlp'))!;
    expect(better).toMatchObject({ version: 3, parentId: bad.id });
    expect(better.metrics.mase).toBeLessThan(better.metrics.inUseMase!);
    expect(better.metrics.comparedForecasts).toBe(2);

    const perfect = { ...better, id: 'x', dataHash: 'perfect', training: better.training! };
    const kept = await storeModel(state, perfect, new Date(now));
    await promoteModel(state, { tenant, id: kept.id, actor: 'test', reason: '' }, new Date(now));
    expect(await runWindow(train, ...next), 'seen already').toMatchObject({ trained: 0, promoted: 0 });
    expect(await modelInUse(state, tenant, 'seasonal-mlp')).toMatchObject({ id: kept.id });
  });
});
