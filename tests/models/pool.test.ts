import { afterAll, describe, expect, test } from 'vitest';
import { answerCapacity } from '../../models/capacity/capacity.ts';
import { composite } from '../../models/detectors/composite.ts';
import { defaultDetectorSettings, foldDetector, newState } from '../../models/detectors/detector.ts';
import { verdictAt } from '../../models/detectors/verdict-columns.ts';
import { backtest } from '../../models/evaluation/backtest.ts';
import { createForecasters } from '../../models/forecasters/registry.ts';
import { createModelPool, ModelTaskError } from '../../models/pool.ts';
import { dayMs, minuteMs, mondayMs, noisyDay, toPoints, toSeries } from './synthetic.ts';

const pool = createModelPool({ threads: 2, maxMemoryMb: 512, taskTimeoutSeconds: 60 });
afterAll(() => pool.close());

const detection = { detector: 'composite', settings: defaultDetectorSettings } as const;
const points = toPoints(mondayMs, 15 * minuteMs, (3 * dayMs) / (15 * minuteMs), noisyDay(1));
const request = {
  history: toSeries(Array.from({ length: 200 }, (_, i) => 10 + (i % 24))),
  horizon: 24,
  seasonLengths: [24],
  levels: [0.1, 0.9],
};

describe('a worker', () => {
  test('scores series as the detector does here, and hands the state from batch to batch', async () => {
    const state = newState(composite);
    const expected = foldDetector(composite, state, points);
    const half = points.times.length / 2;
    const cut = (from: number, to: number) => ({
      times: points.times.slice(from, to),
      values: points.values.slice(from, to),
    });
    const [first] = await pool.detect({
      ...detection,
      series: [{ state: null, traits: { isCount: false }, points: cut(0, half) }],
    });
    const [second] = await pool.detect({
      ...detection,
      series: [{ state: first!.state, traits: { isCount: false }, points: cut(half, points.times.length) }],
    });
    expect(Array.from({ length: half }, (_, i) => verdictAt(second!.verdicts, i))).toEqual(expected.slice(half));
    expect(second!.state).toEqual(state);
  });

  test('says of a series that cannot be scored why, and scores the others', async () => {
    const traits = { isCount: false };
    const results = await pool.detect({
      ...detection,
      series: [
        { state: new Float32Array(3), traits, points },
        { state: null, traits, points },
        { state: null, traits, points: { ...points, values: points.values.map(() => Number.NaN) } },
      ],
    });
    expect(results.map(({ error }) => error)).toEqual([
      'its state is not one of composite',
      undefined,
      'the value at 2026-01-05T00:00:00.000Z is not a number',
    ]);
    expect(results[0]!.verdicts.score).toHaveLength(0);
    expect(results[1]!.verdicts.score).toHaveLength(points.times.length);
  });

  test('forecasts and backtests as the forecaster does here', async () => {
    const seasonalNaive = createForecasters().get('seasonal-naive')!;
    expect(await pool.forecast({ forecaster: 'seasonal-naive', requests: [request] })).toEqual(
      seasonalNaive.forecast([request]),
    );
    expect(await pool.backtest({ forecaster: 'seasonal-naive', requests: [request] })).toEqual(
      backtest(seasonalNaive, [request]),
    );
    expect(await pool.forecast({ forecaster: 'combined', requests: [request] })).toMatchObject([{ ok: true }]);
  });

  test('trains, reports and forecasts with what was trained', async () => {
    const steps: number[] = [];
    const result = await pool.trainSeasonalMlp(
      { series: [request.history], options: { contextLength: 48, horizon: 24, hiddenUnits: 8, steps: 60 } },
      { onProgress: ({ step }) => steps.push(step) },
    );
    if (!result.ok) throw new Error('expected a training');
    expect(steps).toEqual([50, 60]);
    const trained = { seasonalMlp: result.weights };
    expect(await pool.forecast({ forecaster: 'seasonal-mlp', requests: [request], trained })).toMatchObject([
      { ok: true },
    ]);
  });

  test('says when a series reaches a limit, as the model does here, and which backend it has', async () => {
    const history = toSeries(Array.from({ length: 60 }, (_, i) => i));
    const question = { history, latest: 59, limit: 80, direction: 'above' as const, horizon: 30 };
    const questions = [{ ...question, seasonLength: 7, withOutlook: true }];
    expect(await pool.capacity({ questions })).toEqual(questions.map(answerCapacity));
    expect(await pool.findBackend({ only: 'cpu' })).toBe('cpu');
  });

  test('leaves the arrays of the caller usable', async () => {
    await pool.detect({ ...detection, series: [{ state: null, traits: { isCount: false }, points }] });
    expect(points.values.length).toBeGreaterThan(0);
  });
});

describe('a task that gives no answer says which it was and why', () => {
  test('failed: a forecaster without its weights', async () => {
    const attempt = pool.forecast({ forecaster: 'seasonal-mlp', requests: [request] });
    await expect(attempt).rejects.toThrow('The model task forecast failed: The forecaster seasonal-mlp is unknown');
    await expect(attempt).rejects.toMatchObject({ task: 'forecast', failure: 'failed' });
  });

  test('aborted: the thread ends, and the pool goes on', async () => {
    const controller = new AbortController();
    const attempt = pool.trainSeasonalMlp(
      { series: [request.history], options: { contextLength: 48, steps: 1_000_000 } },
      { signal: controller.signal, onProgress: () => controller.abort() },
    );
    await expect(attempt).rejects.toMatchObject({ task: 'trainSeasonalMlp', failure: 'aborted' });
    expect(await pool.forecast({ forecaster: 'seasonal-naive', requests: [request] })).toHaveLength(1);
  });

  test('timed out: a task that would never end', async () => {
    const hasty = createModelPool({ threads: 1, maxMemoryMb: 512, taskTimeoutSeconds: 0.5 });
    const attempt = hasty.trainSeasonalMlp({
      series: [request.history],
      options: { contextLength: 48, steps: 1_000_000 },
    });
    await expect(attempt).rejects.toMatchObject({ task: 'trainSeasonalMlp', failure: 'timed_out' });
    await hasty.close();
  });

  test('refused: too many wait already', async () => {
    const narrow = createModelPool({ threads: 1, maxMemoryMb: 512, taskTimeoutSeconds: 60, maxQueuedTasks: 1 });
    const ask = () => narrow.forecast({ forecaster: 'seasonal-naive', requests: [request] });
    const answers = await Promise.allSettled(Array.from({ length: 4 }, ask));
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    expect(refused.length).toBeGreaterThan(0);
    for (const reason of refused) expect(reason).toMatchObject({ task: 'forecast', failure: 'refused' });
    expect(await ask()).toHaveLength(1);
    await narrow.close();
  });

  test('failed: it outgrew its memory, and the pool goes on', async () => {
    const small = createModelPool({ threads: 1, maxMemoryMb: 16, taskTimeoutSeconds: 60 });
    const many = Array.from({ length: 20_000 }, () => ({ ...request, seasonLengths: [24], levels: [0.1, 0.9] }));
    await expect(small.forecast({ forecaster: 'seasonal-naive', requests: many })).rejects.toThrow(/memory/);
    const few = many.slice(0, 1);
    expect(await small.forecast({ forecaster: 'seasonal-naive', requests: few })).toHaveLength(1);
    await small.close();
  });
});

test('close can be called twice, and a closed pool refuses tasks', async () => {
  const closing = createModelPool({ threads: 1, maxMemoryMb: 512, taskTimeoutSeconds: 60 });
  await closing.forecast({ forecaster: 'seasonal-naive', requests: [request] });
  await Promise.all([closing.close(), closing.close()]);
  await expect(closing.forecast({ forecaster: 'seasonal-naive', requests: [request] })).rejects.toBeInstanceOf(
    ModelTaskError,
  );
});
