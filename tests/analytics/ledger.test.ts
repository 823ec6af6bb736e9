import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLedgerJob } from '../../analytics/ledger.ts';
import { mase, seasonalNaiveError } from '../../models/evaluation/mase.ts';
import { pinball } from '../../models/evaluation/pinball.ts';
import { mean } from '../../models/statistics/mean.ts';
import { ledgerOfFleet, ledgerOfSeries } from '../../store/queries/forecast-ledger.ts';
import { type Aggregation, forecastsTable } from '../../store/tables.ts';
import { dayMs, farDay, hourMs, insertSeries, mondayMs, readAll } from '../store/rows.ts';
import { hasChdb } from '../support/servers.ts';
import { dailySwing, newTenantState, runWindow, startWorkbench, type Workbench } from './workbench.ts';

const issuedAt = mondayMs + 10 * dayMs;
const levels = [0.1, 0.5, 0.9];
const width = [-2, 0, 2];

/** A swing that is two higher each day: seasonal naive is off by 2 tomorrow. */
const rising = (time: number) => dailySwing(time) + (2 * (time - mondayMs)) / dayMs;

describe.skipIf(!hasChdb())('the ledger', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await startWorkbench();
  });
  afterAll(() => bench?.stop());

  async function arrange() {
    const { telemetry } = bench;
    const { tenant, state } = await newTenantState();
    const job = createLedgerJob({ telemetry, state });
    const add = (metric: string, value: (time: number) => number | undefined, aggregation: Aggregation = 'avg') => {
      const times = Array.from({ length: 12 * 24 }, (_, i) => mondayMs + i * hourMs);
      const points = times.flatMap((time) => {
        const at = value(time);
        return at === undefined ? [] : { time: time + 1000, value: at };
      });
      return insertSeries(telemetry, { tenant, metric, aggregation, points });
    };
    const forecast = (series_id: string, value: (time: number) => number, forecaster = 'mstl-ets', steps = 48) => {
      const predicted = Array.from({ length: steps }, (_, h) => value(issuedAt + h * hourMs));
      const quantiles = width.flatMap((each) => predicted.map((at) => at + each));
      const key = { tenant, series_id, forecaster, issued_at: issuedAt, chosen: 1, mase: 1, until: farDay };
      const tested = { naive_mase: 1, tested_steps: 48, folds: 1, members: '[]', replaced_because: '' };
      return telemetry.insert(forecastsTable, [
        { ...key, ...tested, step_seconds: 3600, mean: predicted, levels, quantiles },
      ]);
    };
    const range = { tenant, from: issuedAt, to: issuedAt + 2 * dayMs };
    return {
      job,
      add,
      forecast,
      rows: () => readAll(telemetry, 'forecast_scores', tenant),
      ofFleet: () => telemetry.query(ledgerOfFleet, range),
      ofSeries: (rest: { metric?: string; forecaster?: string; id?: string; limit?: number } = {}) =>
        telemetry.query(ledgerOfSeries, {
          ...{
            ...range,
            forecaster: '',
            id: '',
            metric: '',
            afterMetric: '',
            afterId: '0',
            afterForecaster: '',
            afterHours: 0,
          },
          ...{ limit: 100, ...rest },
        }),
    };
  }

  test('says of each part of the horizon what models/evaluation says of it', async () => {
    const { job, add, forecast, ofSeries } = await arrange();
    const id = await add('rising', rising);
    const predict = (time: number) => rising(time) + Math.sin(time / hourMs) * 3 + 0.5;
    await forecast(id, predict);
    await runWindow(job, issuedAt, issuedAt + 2 * dayMs);
    const found = await ofSeries();
    expect(found.map(({ horizon_hours, observed }) => [horizon_hours, observed])).toEqual([[6, 6], [24, 18], [48, 24]]); // biome-ignore format: one line
    const history = Array.from({ length: 240 }, (_, i) => rising(mondayMs + i * hourMs));
    for (const [row, start] of found.map((each, i) => [each, [0, 6, 24][i]!] as const)) {
      const hours = Array.from({ length: row.horizon_hours - start }, (_, i) => issuedAt + (start + i) * hourMs);
      const [actual, point] = [hours.map(rising), hours.map(predict)];
      expect(row.mase).toBeCloseTo(mase({ actual, forecast: point, history, seasonLength: 24 }), 9);
      const naive = hours.map((_, i) => history[216 + ((start + i) % 24)]!);
      expect(row.naive_mase).toBeCloseTo(mase({ actual, forecast: naive, history, seasonLength: 24 }), 9);
      expect(row.skill).toBeCloseTo(1 - row.mase / row.naive_mase, 9);
      const scale = seasonalNaiveError(history, 24);
      const loss = levels.map((level, l) => pinball(actual, point.map((at) => at + width[l]!), level)); // biome-ignore format: one line
      expect(row.scaled_pinball * scale).toBeCloseTo(mean(loss), 9);
      expect(row.scaled_bias * scale).toBeCloseTo(mean(point.map((at, i) => at - actual[i]!)), 9);
      for (const [l, share] of row.below.entries())
        expect(share).toBeCloseTo(mean(actual.map((y, i) => (y <= point[i]! + width[l]! ? 1 : 0))), 9);
    }
  });

  test('scores a forecast when its time has come, and not before; the same window again changes nothing', async () => {
    const { job, add, forecast, rows } = await arrange();
    await forecast(await add('rising', rising), rising);
    const after = async (hours: number) => {
      const result = await runWindow(job, issuedAt + (hours - 1) * hourMs, issuedAt + hours * hourMs);
      return [result.scores, (await rows()).length];
    };
    expect(await after(5)).toEqual([0, 0]);
    expect(await after(6)).toEqual([1, 1]);
    expect(await after(7)).toEqual([0, 1]);
    expect(await after(24)).toEqual([1, 2]);
    const before = await rows();
    expect(await after(24)).toEqual([1, 2]);
    expect(await rows()).toEqual(before);
  });

  test('leaves out values that never came; of counts an hour without any is 0', async () => {
    const { job, add, forecast, ofSeries } = await arrange();
    const even = (time: number) => ((time / hourMs) % 2 === 0 ? 1 : undefined);
    await forecast(await add('gaps', even), () => 1);
    await forecast(await add('counts', even, 'sum'), () => 1);
    await runWindow(job, issuedAt, issuedAt + dayMs);
    const [gaps] = await ofSeries({ metric: 'gaps' });
    expect(gaps).toMatchObject({ horizon_hours: 6, observed: 3, scaled_bias: Number.NaN });
    const [counts] = await ofSeries({ metric: 'counts' });
    expect(counts).toMatchObject({ horizon_hours: 6, observed: 6 });
  });

  test('tells series and forecasters apart, in pages, and the fleet as a whole', async () => {
    const { job, add, forecast, ofSeries, ofFleet } = await arrange();
    const [a, b] = [await add('a', rising), await add('b', (time) => 1000 * rising(time))];
    await forecast(a, rising);
    await forecast(b, (time) => 1000 * rising(time) + 4000);
    await forecast(b, (time) => 1000 * rising(time), 'seasonal-mlp');
    await runWindow(job, issuedAt, issuedAt + 2 * dayMs);
    expect((await ofSeries()).map((row) => [row.metric, row.forecaster, row.horizon_hours])).toEqual(
      [['a', 'mstl-ets'], ['b', 'mstl-ets'], ['b', 'seasonal-mlp']].flatMap((key) => [6, 24, 48].map((h) => [...key, h])), // biome-ignore format: one line
    );
    expect(await ofSeries({ id: b, forecaster: 'seasonal-mlp' })).toHaveLength(3);
    const [fleet] = await ofFleet();
    // One is right, the other is off by four where a day moves by two: each counts as one, whatever its unit.
    expect(fleet).toMatchObject({ forecaster: 'mstl-ets', scored: 2 });
    expect(fleet!.mase).toBeCloseTo(2 / 2, 0);
    expect(fleet!.skill).toBeCloseTo(0, 0);
  });
});
