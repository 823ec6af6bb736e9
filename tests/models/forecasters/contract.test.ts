import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Forecaster, ForecastRequest, ForecastResult } from '../../../models/forecasters/forecaster.ts';
import { createForecasters, forecasterIds } from '../../../models/forecasters/registry.ts';
import { trainSeasonalMlp } from '../../../models/networks/seasonal-mlp.ts';
import { gaussian, toSeries } from '../synthetic.ts';

const levels = [0.05, 0.25, 0.5, 0.75, 0.95];
const forecasters = new Map<string, Forecaster>();

function wave(length: number, seed = 1, level = 100): number[] {
  const noise = gaussian(seed);
  return Array.from({ length }, (_, i) => level + 20 * Math.sin((2 * Math.PI * i) / 24) + 2 * noise());
}

beforeAll(async () => {
  const result = await trainSeasonalMlp([toSeries(wave(400)), toSeries(wave(400, 2, 5))], {
    contextLength: 48,
    horizon: 12,
    hiddenUnits: 8,
    steps: 20,
  });
  if (!result.ok) throw new Error('the training set is long enough');
  for (const [id, forecaster] of createForecasters({ seasonalMlp: result.weights })) forecasters.set(id, forecaster);
});

function toRequest(values: ArrayLike<number>, overrides: Partial<ForecastRequest> = {}): ForecastRequest {
  return { history: toSeries(values), horizon: 30, seasonLengths: [24], levels, ...overrides };
}

/** Histories of any length, unit and shape, with gaps. */
const anyHistory = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 2 }) },
      { weight: 1, arbitrary: fc.constant(Number.NaN) },
    ),
    { maxLength: 160 },
  )
  .map((values) => Float64Array.from(values));

function expectSane(result: ForecastResult, request: ForecastRequest): void {
  if (!result.ok) {
    expect(result.reason).toBe('insufficient_history');
    return;
  }
  expect(result.mean).toHaveLength(request.horizon);
  expect(result.quantiles.map((column) => column.length)).toEqual(request.levels.map(() => request.horizon));
  for (const column of [result.mean, ...result.quantiles]) expect(column.every(Number.isFinite)).toBe(true);
  for (const [l, column] of result.quantiles.entries()) {
    if (l > 0) expect(column.every((value, h) => value >= result.quantiles[l - 1]![h]!)).toBe(true);
  }
}

describe.each(forecasterIds)('the forecaster %s', (id) => {
  const forecast = (...requests: ForecastRequest[]) => forecasters.get(id)!.forecast(requests);

  test('is registered under its own id', () => {
    expect(forecasters.get(id)?.id).toBe(id);
  });

  test('answers within the contract, whatever the history', () => {
    fc.assert(
      fc.property(
        anyHistory,
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom([], [7], [24, 48]),
        (values, horizon, seasonLengths) => {
          const request = toRequest(values, { horizon, seasonLengths });
          expectSane(forecast(request)[0]!, request);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('forecasts a regular history with gaps', () => {
    const request = toRequest(wave(240).map((value, i) => (i % 17 === 3 ? Number.NaN : value)));
    const [result] = forecast(request);
    expect(result!.ok).toBe(true);
    expectSane(result!, request);
  });

  test('does not go below 0 where the history never did', () => {
    const request = toRequest(wave(240, 5, 20).map((value, i) => Math.max(0, value - i / 10)));
    const [result] = forecast(request);
    if (!result!.ok) throw new Error('expected a forecast');
    expect([result!.mean, ...result!.quantiles].every((column) => column.every((value) => value >= 0))).toBe(true);
    expectSane(result!, request);
  });

  test('is deterministic', () => {
    expect(forecast(toRequest(wave(240)))).toEqual(forecast(toRequest(wave(240))));
  });

  test('gives a series the same answer whatever its neighbours in the batch, in the order of the requests', () => {
    const requests = [
      toRequest(wave(240)),
      toRequest([1, 2]),
      toRequest(wave(240, 3, 1e6)),
      toRequest(wave(120, 4, -50)),
    ];
    expect(forecast(...requests)).toEqual(requests.flatMap((request) => forecast(request)));
  });

  test('leaves the request as it was', () => {
    const request = toRequest(wave(240));
    const before = structuredClone(request);
    forecast(request);
    expect(request).toEqual(before);
  });

  test.each([
    ['nothing', []],
    ['three values', [1, 2, 3]],
    ['missing values only', new Array<number>(200).fill(Number.NaN)],
  ])('answers insufficient_history to %s, with what is there and what it takes', (_, values) => {
    const [result] = forecast(toRequest(values));
    if (result!.ok) throw new Error('expected no forecast');
    expect(result!.available).toBe(values.filter(Number.isFinite).length);
    expect(result!.needed).toBeGreaterThan(result!.available);
  });

  test.each([0, 5, -1e9, 0.1])(
    'forecasts a constant series of %d to the constant, with quantiles of no width',
    (value) => {
      const [result] = forecast(toRequest(new Array<number>(200).fill(value)));
      if (!result!.ok) throw new Error('expected a forecast');
      for (const column of [result!.mean, ...result!.quantiles]) expect([...new Set(column)]).toEqual([value]);
    },
  );

  test.each([1e-6, 3, 1e9])('scales with the unit of the metric, times %d', (unit) => {
    const values = wave(240);
    const [plain, scaled] = forecast(toRequest(values), toRequest(values.map((value) => value * unit)));
    if (!plain!.ok || !scaled!.ok) throw new Error('expected forecasts');
    for (const [h, value] of plain!.mean.entries()) expect(scaled!.mean[h]! / unit).toBeCloseTo(value, 4);
    for (const [h, value] of plain!.quantiles[4]!.entries())
      expect(scaled!.quantiles[4]![h]! / unit).toBeCloseTo(value, 4);
  });
});

test('a trained forecaster is absent from the registry without its weights', () => {
  expect([...createForecasters().keys()]).toEqual(forecasterIds.filter((id) => id !== 'seasonal-mlp'));
});
