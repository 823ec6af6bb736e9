import { describe, expect, test } from 'vitest';
import { backtest } from '../../../models/evaluation/backtest.ts';
import { createForecasters } from '../../../models/forecasters/registry.ts';
import { type NlinearProgress, trainNlinear } from '../../../models/networks/nlinear.ts';
import { cutWindows } from '../../../models/networks/windows.ts';
import { gaussian, toSeries } from '../synthetic.ts';

/** Hourly series of any level and phase, with the same daily season and noise. */
function fleet(count: number, seed: number) {
  const noise = gaussian(seed);
  return Array.from({ length: count }, (_, s) =>
    toSeries(
      Array.from({ length: 300 }, (_, i) => (s + 1) * (50 + 10 * Math.sin((2 * Math.PI * (i + 3 * s)) / 24) + noise())),
    ),
  );
}

const options = { contextLength: 48, horizon: 12, epochs: 4 };

async function train(overrides = {}) {
  const result = await trainNlinear(fleet(8, 1), { ...options, ...overrides });
  if (!result.ok) throw new Error('expected a training');
  return result.weights;
}

describe('training', () => {
  test('lowers the pinball loss below that of the naive start', async () => {
    const { trainedOn } = await train();
    expect(trainedOn).toMatchObject({ series: 8, windows: 8 * 241, epochs: 4 });
    expect(trainedOn.loss.after).toBeLessThan(0.25 * trainedOn.loss.before);
  });

  test('on other series of the kind beats the naive forecast by far, and the seasonal naive', async () => {
    const forecasters = createForecasters({ nlinear: await train({ epochs: 8 }) });
    const [nlinear, seasonalNaive] = [forecasters.get('nlinear')!, forecasters.get('seasonal-naive')!];
    const requests = fleet(6, 99).map((history) => ({ history, horizon: 12, seasonLengths: [24], levels: [0.1, 0.9] }));
    const naive = requests.map((request) => ({ ...request, seasonLengths: [] }));
    const error = (results: ReturnType<typeof backtest>) =>
      results.reduce((sum, result) => sum + (result.ok ? result.mase : Number.NaN), 0);
    const trained = error(backtest(nlinear, requests));
    expect(error(backtest(nlinear, naive))).toBeLessThan(0.5 * error(backtest(seasonalNaive, naive)));
    expect(trained).toBeLessThan(error(backtest(seasonalNaive, requests)));
  });

  test('gives identical weights for the same seed, and others for another', async () => {
    const [one, same, other] = [await train({ seed: 5 }), await train({ seed: 5 }), await train({ seed: 6 })];
    expect(same).toEqual(one);
    expect(other.kernel).not.toBe(one.kernel);
  });

  test('leaves weights that survive a JSON round trip', async () => {
    const weights = await train({ epochs: 1 });
    expect(JSON.parse(JSON.stringify(weights))).toEqual(weights);
  });

  test('reports each epoch, with a loss that falls', async () => {
    const reports: NlinearProgress[] = [];
    await trainNlinear(fleet(4, 1), options, { onProgress: (report) => reports.push(report) });
    expect(reports.map(({ epoch, epochs }) => [epoch, epochs])).toEqual([1, 2, 3, 4].map((epoch) => [epoch, 4]));
    expect(reports[3]!.loss).toBeLessThan(reports[0]!.loss);
  });

  test('stops between epochs with the reason of the signal', async () => {
    const controller = new AbortController();
    let epochs = 0;
    const training = trainNlinear(
      fleet(2, 1),
      { ...options, epochs: 1000 },
      {
        signal: controller.signal,
        onProgress: () => {
          if (++epochs === 2) controller.abort(new Error('enough'));
        },
      },
    );
    await expect(training).rejects.toThrow('enough');
    expect(epochs).toBe(2);
  });

  test('answers insufficient_history when no series holds a window', async () => {
    const result = await trainNlinear([toSeries([1, 2, 3])], options);
    expect(result).toEqual({ ok: false, reason: 'insufficient_history', needed: 60, available: 3 });
  });
});

describe('windows', () => {
  const shape = { contextLength: 4, horizon: 1, maxWindows: 100 };

  test('are normalised by their context, by hand: (2, 4, 6, 8) and 10, minus 8, over sqrt 5', () => {
    const { count, contexts, targets } = cutWindows([toSeries([2, 4, 6, 8, 10])], shape);
    expect(count).toBe(1);
    expect([...contexts].map((value) => value * Math.sqrt(5))).toEqual(
      [-6, -4, -2, 0].map((v) => expect.closeTo(v, 5)),
    );
    expect(targets[0]! * Math.sqrt(5)).toBeCloseTo(2, 5);
  });

  test('are left out where the context does not vary or the target is missing', () => {
    expect(cutWindows([toSeries([3, 3, 3, 3, 9])], shape).count).toBe(0);
    expect(cutWindows([toSeries([1, 2, 3, 4, Number.NaN])], shape).count).toBe(0);
    expect(cutWindows([toSeries([1, Number.NaN, 3, 4, 5])], shape).count).toBe(1);
  });

  test('are never more than asked for, and come from all series', () => {
    const long = toSeries(Array.from({ length: 500 }, (_, i) => i % 7));
    const { count } = cutWindows([long, long], { ...shape, maxWindows: 90 });
    expect(count).toBeGreaterThan(70);
    expect(count).toBeLessThanOrEqual(90);
  });
});
