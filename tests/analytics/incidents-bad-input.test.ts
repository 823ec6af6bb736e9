import { describe, expect, test } from 'vitest';
import { createIncidentsJob } from '../../analytics/incidents.ts';
import { createLivenessJob } from '../../analytics/liveness.ts';
import { seriesId } from '../../store/series-id.ts';
import { anomaliesTable, seriesTable } from '../../store/tables.ts';
import type { TelemetryStore } from '../../store/telemetry.ts';
import { farDay, heartbeat, hourMs, insertHeartbeats } from '../store/rows.ts';
import { useTelemetry } from '../store/targets.ts';
import { hasChdb } from '../support/servers.ts';
import { allIncidents, minute, newTenantState, runWindow } from './workbench.ts';

describe.skipIf(!hasChdb())('bad input does not flood incidents', () => {
  let telemetry: TelemetryStore;
  useTelemetry((started) => {
    telemetry = started;
  });

  async function arrange() {
    const { tenant, state } = await newTenantState();
    const job = createIncidentsJob({ telemetry, state });
    const liveness = createLivenessJob({ telemetry, lateFactor: 2, downFactor: 4 });
    const list = () => allIncidents(telemetry, tenant);
    const watch = async (from: number, to: number) => {
      await runWindow(liveness, minute(from), minute(to));
      await runWindow(job, minute(from), minute(to));
    };
    return { tenant, job, list, watch };
  }

  /** An anomaly in each of the series, all of which begin within a minute. */
  async function insertAnomalies(tenant: string, series: readonly Record<string, string>[], metric = 'm') {
    const rows = series.map((labels) => ({ tenant, metric, series_id: seriesId(tenant, metric, labels), labels }));
    await telemetry.insert(
      seriesTable,
      rows.map((row) => ({ ...row, aggregation: 'avg', unit: '' })),
    );
    await telemetry.insert(
      anomaliesTable,
      rows.map(({ series_id }, i) => ({
        ...{
          tenant,
          anomaly_id: `${series_id}-a`,
          series_id,
          detector: 'composite',
          started_at: minute(0) + (i % 60) * 1000,
        },
        ...{
          ended_at: null,
          peak_at: minute(1),
          peak_score: 2,
          peak_value: 9,
          expected: 1,
          lower: 0,
          upper: 2,
          maturity: 0.15,
        },
        ...{ reason: 'is new', as_of: minute(2), until: farDay, withdrawn: 0, held_back_by: '' },
      })),
    );
  }

  test('ten thousand new series at once, of many agents, are one incident and no more than info', async () => {
    const { tenant, job, list } = await arrange();
    const names = Array.from({ length: 10_000 }, (_, i) => ({ agent: `a${i % 500}`, disk: String(i) }));
    await insertHeartbeats(
      telemetry,
      Array.from({ length: 500 }, (_, i) => heartbeat(tenant, `a${i}`, minute(0))),
    );
    await insertAnomalies(tenant, names);
    expect(await runWindow(job, minute(0), minute(5))).toMatchObject({ opened: 1 });
    expect(await list()).toMatchObject([{ severity: 'info', finding_count: 10_000 }]);
    expect(await runWindow(job, minute(0), minute(5))).toMatchObject({ opened: 0, changed: 0 });
  });

  test('ten thousand new series of no agent are one incident too', async () => {
    const { tenant, job, list } = await arrange();
    await insertAnomalies(
      tenant,
      Array.from({ length: 10_000 }, (_, i) => ({ disk: String(i) })),
    );
    await runWindow(job, minute(0), minute(5));
    expect(await list()).toHaveLength(1);
  });

  test('heartbeats that come twice, out of order or with gaps make one incident of an agent that went', async () => {
    const { tenant, list, watch } = await arrange();
    const beats = [0, 1, 2, 4, 5].map((n) => heartbeat(tenant, 'a', minute(n)));
    await insertHeartbeats(telemetry, [...beats].reverse());
    await insertHeartbeats(telemetry, beats);
    await watch(0, 10);
    await watch(0, 20);
    expect(await list()).toMatchObject([{ cause: 'silence', finding_count: 1, started_at: minute(6) }]);
  });

  test('heartbeats that come late take a silence back that was none', async () => {
    const { tenant, list, watch } = await arrange();
    await insertHeartbeats(telemetry, [heartbeat(tenant, 'a', minute(0))]);
    await watch(0, 10);
    expect(await list()).toMatchObject([{ ended_at: null }]);
    const received_at = minute(11);
    const late = Array.from({ length: 15 }, (_, n) => heartbeat(tenant, 'a', minute(n + 1), { received_at }));
    await insertHeartbeats(telemetry, late);
    await watch(10, 16);
    expect((await list()).filter(({ ended_at }) => ended_at === null)).toEqual([]);
  });

  test('a clock that jumps ahead and back makes no more than one incident of its agent', async () => {
    const { tenant, list, watch } = await arrange();
    const sent = (n: number) => minute(n) + (n >= 10 && n < 20 ? 2 * hourMs : 0);
    await insertHeartbeats(
      telemetry,
      Array.from({ length: 40 }, (_, n) => heartbeat(tenant, 'a', sent(n), { received_at: minute(n) })),
    );
    for (let n = 0; n < 240; n += 20) await watch(n, n + 20);
    expect((await list()).length).toBeLessThanOrEqual(2);
  });
});
