import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { hasChdb } from '../support/servers.ts';

const minuteMs = 60_000;

describe.skipIf(!hasChdb())('the first total that comes of a counter which began after the start', () => {
  const startedAt = Date.now() - 20 * minuteMs;
  let clockMs = startedAt;
  let service: TestApp;

  beforeAll(async () => {
    service = await startTestApp({ now: () => new Date(clockMs) });
    clockMs = startedAt + 10 * minuteMs;
  });
  afterAll(() => service?.close());

  async function storedOf(name: string, beganAt: number): Promise<number[]> {
    const point = {
      startTimeUnixNano: `${beganAt}000000`,
      timeUnixNano: `${clockMs - 1000}000000`,
      asDouble: 1000,
    };
    const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point] };
    const body = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name, sum }] }] }] };
    expect((await service.post('/v1/metrics', body)).status).toBe(200);
    const { items } = await service.get<{ items: { id: string }[] }>(`/v1/series?metric=${name}`);
    if (items.length === 0) return [];
    return (await service.get<{ values: number[] }>(`/v1/series/${items[0]!.id}/points?step=raw`)).values;
  }

  test('counts whole, for nobody else heard of it', async () => {
    expect(await storedOf('alone', startedAt + minuteMs)).toEqual([1000]);
  });

  test('tells nothing where another replica may have counted it before, unless it has just begun', async () => {
    service.totals.share(true);
    expect(await storedOf('moved', startedAt + minuteMs)).toEqual([]);
    expect(await storedOf('fresh', clockMs - minuteMs)).toEqual([1000]);
    service.totals.share(false);
  });
});
