import { describe, expect, test } from 'vitest';
import { backtest } from '../../../models/evaluation/backtest.ts';
import { createForecasters } from '../../../models/forecasters/registry.ts';
import { trainSeasonalMlp } from '../../../models/networks/seasonal-mlp.ts';
import { writeInput, writeTarget } from '../../../models/networks/seasonal-windows.ts';
import type { TrainingProgress } from '../../../models/networks/train-by-adam.ts';
import { createWindowSource } from '../../../models/networks/window-source.ts';
import { seededRandom } from '../../../models/statistics/seeded-random.ts';
import { gaussian, toSeries } from '../synthetic.ts';

/** Hourly series of any level and phase, whose days are alike and whose noise fades slowly. */
function fleet(count: number, seed: number) {
  const noise = gaussian(seed);
  return Array.from({ length: count }, (_, s) => {
    let drift = 0;
    return toSeries(
      Array.from({ length: 300 }, (_, i) => {
        drift = 0.9 * drift + noise();
        return (s + 1) * (50 + 10 * Math.sin((2 * Math.PI * (i + 3 * s)) / 24) + drift);
      }),
    );
  });
}

const options = { contextLength: 48, horizon: 12, hiddenUnits: 16, steps: 200, batchSize: 64 };

async function train(overrides = {}) {
  const result = await trainSeasonalMlp(fleet(8, 1), { ...options, ...overrides });
  if (!result.ok) throw new Error('expected a training');
  return result.weights;
}

describe('training', () => {
  test('lowers the pinball loss below that of seasonal naive, from which it starts', async () => {
    const { trainedOn } = await train();
    expect(trainedOn).toMatchObject({ series: 8, steps: 200, batchSize: 64, seed: 1 });
    expect(trainedOn.loss.last).toBeLessThan(0.8 * trainedOn.loss.first);
  });

  test('learns from every window some 25 times when it is not told how often', async () => {
    const { steps: _, ...rest } = options;
    const result = await trainSeasonalMlp(fleet(3, 1), rest);
    // 3 series of 300 - 96 - 12 + 1 windows, in batches of 64.
    expect(result).toMatchObject({ ok: true, weights: { trainedOn: { steps: Math.ceil((25 * 3 * 193) / 64) } } });
  });

  test('on other series of the kind beats seasonal naive', async () => {
    const forecasters = createForecasters({ seasonalMlp: await train() });
    const requests = fleet(6, 99).map((history) => ({ history, horizon: 12, seasonLengths: [24], levels: [0.1, 0.9] }));
    const error = (id: 'seasonal-mlp' | 'seasonal-naive') =>
      backtest(forecasters.get(id)!, requests).reduce((sum, result) => sum + (result.ok ? result.mase : Number.NaN), 0);
    expect(error('seasonal-mlp')).toBeLessThan(error('seasonal-naive'));
  });

  test('gives identical weights for the same seed, and others for another', async () => {
    const few = { steps: 10 };
    const [one, same, other] = [
      await train({ ...few, seed: 5 }),
      await train({ ...few, seed: 5 }),
      await train({ ...few, seed: 6 }),
    ];
    expect(same).toEqual(one);
    expect(other.parameters[0]).not.toBe(one.parameters[0]);
  });

  test('leaves weights that survive a JSON round trip', async () => {
    const weights = await train({ steps: 5 });
    expect(JSON.parse(JSON.stringify(weights))).toEqual(weights);
  });

  test('reports its progress to the end, with a loss that falls', async () => {
    const reports: TrainingProgress[] = [];
    await trainSeasonalMlp(fleet(4, 1), options, { onProgress: (report) => reports.push(report) });
    expect(reports.map(({ step, steps }) => [step, steps])).toEqual([50, 100, 150, 200].map((step) => [step, 200]));
    expect(reports[3]!.loss).toBeLessThan(reports[0]!.loss);
  });

  test('stops with the reason of the signal', async () => {
    const controller = new AbortController();
    let reports = 0;
    const training = trainSeasonalMlp(
      fleet(2, 1),
      { ...options, steps: 100_000 },
      {
        signal: controller.signal,
        onProgress: () => {
          if (++reports === 2) controller.abort(new Error('enough'));
        },
      },
    );
    await expect(training).rejects.toThrow('enough');
    expect(reports).toBe(2);
  });

  test('answers insufficient_history when no series holds a window', async () => {
    const result = await trainSeasonalMlp([toSeries([1, 2, 3])], options);
    expect(result).toEqual({ ok: false, reason: 'insufficient_history', needed: 108, available: 3 });
  });
});

describe('windows', () => {
  const shape = { seasonLength: 1, contextLength: 2, horizon: 1, hiddenUnits: 1, levels: [0.5] };
  const random = () => seededRandom(1);

  test('are in scales of their changes from season to season, by hand: mean 7, changes 1, 3 and 2', () => {
    const values = Float64Array.of(99, 2, 3, 6, 8, 9);
    const input = new Float32Array(4);
    expect(writeInput(values, 5, shape, input)).toBe(2);
    // The last two values less 7; then 6 and 2, which lie one and two seasons of 2 before the step ahead, less 8.
    expect([...input]).toEqual([-0.5, 0.5, -1, -3]);
    const target = new Float32Array(1);
    writeTarget(values, 5, { ...shape, scale: 2 }, target);
    expect(target[0]).toBe(0.5);
  });

  test('that repeat themselves have no scale', () => {
    expect(writeInput(Float64Array.of(3, 3, 3, 3), 4, shape, new Float32Array(4))).toBe(0);
  });

  test('are not cut where the target is missing or too little of what is before was observed', () => {
    const nan = Number.NaN;
    const source = (values: number[]) => createWindowSource([toSeries(values)], shape, random());
    expect(source([1, 2, 3, 4, nan])).toBeUndefined();
    expect(source([1, nan, 3, nan, 5])).toBeUndefined();
    expect(source([1, nan, 3, 4, 5])).toBeDefined();
  });

  test('of positive series are drawn of their logarithm too', () => {
    const { inputs } = createWindowSource([toSeries([1, 3, 4, 9, 5])], shape, random())!.draw(40);
    const rows = Array.from({ length: 40 }, (_, r) => [...inputs.slice(4 * r, 4 * r + 4)].join());
    expect(new Set(rows).size).toBe(2);
  });
});
