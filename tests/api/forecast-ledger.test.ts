import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { centralCoverage } from '../../analytics/central-coverage.ts';
import { forecastScoresTable } from '../../store/tables.ts';
import { dayMs, forecastScore, insertSeries } from '../store/rows.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

const now = Math.floor(Date.now() / 3_600_000) * 3_600_000;

interface Figures {
  forecaster: string;
  horizonHours: number;
  scored: number;
  mase: number | null;
  skill: number | null;
  bias: number | null;
  coverage: { nominal: number; actual: number | null }[];
}
interface Ledger {
  items: (Figures & { metric: string; seriesId: string })[];
  nextCursor: string | null;
  fleet: Figures[];
}

test('intervals are the pairs of levels that lie alike', () => {
  expect(centralCoverage([0.025, 0.1, 0.5, 0.9, 0.975], [0, 0.2, 0.5, 0.9, 1])).toEqual([
    { nominal: 0.95, actual: 1 },
    { nominal: 0.8, actual: 0.7 },
  ]);
  expect(centralCoverage([0.1, 0.5], [0.1, 0.5])).toEqual([]);
});

describe.skipIf(!hasChdb())('GET /v1/forecasts/ledger', () => {
  let service: TestApp;
  const ids: string[] = [];
  beforeAll(async () => {
    service = await startTestApp({ now: () => new Date(now) });
    for (const metric of ['a', 'b']) {
      const points = [{ time: now - dayMs, value: 1 }];
      ids.push(await insertSeries(service.telemetry, { tenant: 'default', metric, points }));
    }
    const due = (id: string, daysAgo: number, rest = {}) => forecastScore('default', id, now - daysAgo * dayMs, rest);
    await service.telemetry.insert(forecastScoresTable, [
      due(ids[0]!, 1),
      due(ids[0]!, 2, { abs_error: 1.5 }),
      due(ids[0]!, 9, { abs_error: 99 }),
      due(ids[1]!, 1, { forecaster: 'seasonal-naive', abs_error: 1, scale: 0 }),
    ]);
  });
  afterAll(() => service?.close());

  const ask = (query: string) => service.get<Ledger>(`/v1/forecasts/ledger?${query}`);

  test('tells of each series and of the fleet how forecasts did that fell due lately', async () => {
    const { items, fleet } = await ask('');
    expect(
      items.map(({ metric, forecaster, scored, mase, skill }) => [metric, forecaster, scored, mase, skill]),
    ).toEqual([
      ['a', 'combined', 2, 1, 0],
      ['b', 'seasonal-naive', 1, null, null],
    ]);
    expect(items[0]!.coverage).toMatchObject([{ nominal: 0.8 }]);
    expect(items[0]!.coverage[0]!.actual).toBeCloseTo(0.7, 9);
    expect(fleet.map(({ forecaster, scored }) => [forecaster, scored])).toEqual([['combined', 2], ['seasonal-naive', 1]]); // biome-ignore format: one line
    expect((await ask('days=30')).items[0]!.scored).toBe(3);
  });

  test('filters, and pages', async () => {
    expect((await ask(`series=${ids[1]}`)).items.map(({ metric }) => metric)).toEqual(['b']);
    expect((await ask('metric=a')).items).toHaveLength(1);
    expect((await ask('forecaster=seasonal-naive')).items.map(({ metric }) => metric)).toEqual(['b']);
    const first = await ask('limit=1');
    expect((await ask(`limit=1&cursor=${first.nextCursor}`)).items.map(({ metric }) => metric)).toEqual(['b']);
  });

  test.each(['days=0', 'days=9999', 'series=x', 'forecaster=oracle', 'cursor=zz'])('refuses %s', async (query) => {
    await expectProblem(await service.request(`/v1/forecasts/ledger?${query}`), 400);
  });
});
