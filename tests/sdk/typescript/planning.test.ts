import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFleetcastClient, type FleetcastClient } from '../../../sdk/typescript/client.ts';
import { storeModel } from '../../../store/records/models.ts';
import { forecastScoresTable } from '../../../store/tables.ts';
import { forecastScore } from '../../store/rows.ts';
import { startTestApp, type TestApp } from '../../support/app.ts';
import { hasChdb } from '../../support/servers.ts';

const hour = 3_600_000;
const now = Math.floor(Date.now() / hour) * hour;

describe.skipIf(!hasChdb())('a planner, by the client, at the real service', () => {
  let service: TestApp;
  let fleetcast: FleetcastClient;
  let seriesId: string;
  const modelIds: string[] = [];
  beforeAll(async () => {
    service = await startTestApp();
    const fetch = async (input: RequestInfo | URL, init?: RequestInit) => service.app.request(input as string, init);
    fleetcast = createFleetcastClient({ url: 'http://fleetcast', fetch, attempts: 1 });
    const times = Array.from({ length: 20 * 24 }, (_, i) => now - (i + 1) * hour);
    await fleetcast.samples(
      times.map((time, i) => ({ metric: 'disk', agent: 'a', time: new Date(time), value: 500 - i })),
    );
    seriesId = (await fleetcast.series({ metric: 'disk' }))[0]!.id;
    await service.telemetry.insert(forecastScoresTable, [forecastScore('default', seriesId, now - hour)]);
    for (const dataHash of ['1', '2']) {
      const about = { training: { from: 0, to: 1 }, backend: '', metrics: {}, weights: Buffer.from('w'), dataHash };
      modelIds.push((await storeModel(service.state, { tenant: 'default', kind: 'other', ...about }, new Date())).id);
    }
  });
  afterAll(() => service?.close());

  test('asks when a limit is reached', async () => {
    const [row] = await fleetcast.capacity({ metric: 'disk', limit: 620, horizonDays: 14 });
    expect(row).toMatchObject({ seriesId, passed: false, reason: null });
    expect(row!.daysLeft).toBeCloseTo(5, 0);
    await expect(fleetcast.capacity({ metric: 'none', limit: 'other' })).rejects.toMatchObject({ status: 404 });
  });

  test('asks for a forecast, how it would have done, and how those that were stored did', async () => {
    const forecast = await fleetcast.forecast(seriesId, { horizon: 12, quantiles: [0.1, 0.9] });
    expect([forecast.mean.length, forecast.levels, forecast.source]).toEqual([12, [0.1, 0.9], 'computed']);
    const { series } = await fleetcast.backtestForecasts({ selector: { metric: 'disk' }, horizon: 12, folds: 2 });
    expect(series).toMatchObject([{ seriesId, folds: 2 }]);
    expect(await fleetcast.forecastLedger({ days: 2 })).toMatchObject([{ seriesId, skill: 0.5 }]);
  });

  test('takes models into use and back, and says when there is maintenance', async () => {
    for (const id of modelIds) expect(await fleetcast.promoteModel(id, 'try')).toMatchObject({ id, inUse: true });
    expect(await fleetcast.rollbackModel('other')).toMatchObject({ id: modelIds[0] });
    expect((await fleetcast.models({ kind: 'other' })).map(({ inUse }) => inUse)).toEqual([false, true]);
    const { id } = await fleetcast.addMaintenanceWindow({ agent: 'a', from: new Date(now), to: new Date(now + hour) });
    expect(await fleetcast.maintenanceWindows({ from: new Date(now) })).toMatchObject([{ id, agent: 'a' }]);
    await fleetcast.removeMaintenanceWindow(id);
    expect(await fleetcast.maintenanceWindows()).toEqual([]);
  });
});
