import { describe, expect, test } from 'vitest';
import { createIncidentsJob } from '../../analytics/incidents.ts';
import { createLivenessJob } from '../../analytics/liveness.ts';
import { withdrawAnomalies } from '../../store/queries/detection.ts';
import { incidentById } from '../../store/queries/incidents.ts';
import type { RowOf } from '../../store/table.ts';
import { anomaliesTable } from '../../store/tables.ts';
import type { TelemetryStore } from '../../store/telemetry.ts';
import { farDay, heartbeat, insertHeartbeats, insertSeries, minuteMs, readAll } from '../store/rows.ts';
import { useTelemetry } from '../store/targets.ts';
import { hasChdb } from '../support/servers.ts';
import { allIncidents, minute, newTenantState, runWindow, runWindows } from './workbench.ts';

describe.skipIf(!hasChdb())('the incidents job', () => {
  let telemetry: TelemetryStore;
  useTelemetry((started) => {
    telemetry = started;
  });

  async function arrange() {
    const { tenant, state } = await newTenantState();
    const job = createIncidentsJob({ telemetry, state });
    const ids = new Map<string, string>();
    /** An anomaly of an agent's series; times in minutes. */
    const anomaly = async (
      agent: string,
      start: number,
      end: number | null,
      rest: Partial<RowOf<typeof anomaliesTable>> = {},
    ) => {
      const point = { time: minute(start), value: 1 };
      if (!ids.has(agent))
        ids.set(
          agent,
          await insertSeries(telemetry, { tenant, metric: 'cpu_ratio', labels: { agent }, points: [point] }),
        );
      const id = `${ids.get(agent)}-${start}`;
      await telemetry.insert(anomaliesTable, [
        {
          ...{
            tenant,
            anomaly_id: id,
            series_id: ids.get(agent)!,
            detector: 'seasonal-band',
            started_at: minute(start),
          },
          ...{ ended_at: end === null ? null : minute(end), peak_at: minute(start), peak_score: 4, peak_value: 9 },
          ...{ expected: 1, lower: 0, upper: 2, maturity: 1, reason: 'is above', as_of: minute(end ?? start) },
          ...{ until: farDay, withdrawn: 0, held_back_by: '', ...rest },
        },
      ]);
      return id;
    };
    const list = () => allIncidents(telemetry, tenant);
    const one = async (id: string) => (await telemetry.query(incidentById, { tenant, id }))[0]!;
    const depends = async (agent: string, on: string) => {
      const beats = [on, agent].map((name, i) =>
        heartbeat(tenant, name, minute(-1), { labels: i ? { depends_on: on } : {} }),
      );
      await insertHeartbeats(telemetry, beats);
    };
    return { tenant, job, anomaly, list, one, depends };
  }

  test('keeps the name of an incident while it grows, and ends it when its last finding has ended', async () => {
    const { job, anomaly, list } = await arrange();
    await anomaly('a', 0, null);
    expect(await runWindow(job, minute(0), minute(5))).toMatchObject({ opened: 1, changed: 0 });
    const [first] = await list();
    expect(first).toMatchObject({ title: 'a: cpu_ratio is above', ended_at: null, finding_count: 1, agents: ['a'] });
    await anomaly('a', 0, 8, { as_of: minute(20) });
    await anomaly('a', 12, 20);
    expect(await runWindow(job, minute(5), minute(30))).toMatchObject({ opened: 0, changed: 1 });
    expect(await list()).toMatchObject([
      { id: first!.id, started_at: minute(0), ended_at: minute(21), finding_count: 2 },
    ]);
  });

  test('the same window again changes nothing, nor does an older one, nor another cut of the time', async () => {
    const { tenant, job, anomaly } = await arrange();
    for (const [agent, start] of [
      ['a', 0],
      ['b', 3],
      ['a', 20],
      ['c', 100],
      ['a', 31],
    ] as const) {
      await anomaly(agent, start, start + 6);
    }
    await runWindow(job, minute(0), minute(120));
    const before = await readAll(telemetry, 'incidents', tenant);
    expect(before).toHaveLength(3);
    const nothing = { opened: 0, changed: 0, merged: 0, withdrawn: 0 };
    expect(await runWindow(job, minute(0), minute(120))).toEqual(nothing);
    expect(await runWindow(job, minute(10), minute(11))).toEqual(nothing);
    await runWindows(job, [minute(0), minute(7), minute(33), minute(200)]);
    expect(await readAll(telemetry, 'incidents', tenant)).toEqual(before);
  });

  test('ends an incident when a late run of a detector says that its anomaly ended long ago, or that it was none', async () => {
    const { tenant, job, anomaly, list } = await arrange();
    await anomaly('a', 0, null);
    await anomaly('b', 60, null);
    await anomaly('b', 65, null);
    await runWindows(job, [minute(0), minute(70), minute(600)]);
    expect((await list()).map(({ ended_at }) => ended_at)).toEqual([null, null]);
    await anomaly('a', 0, 10, { as_of: minute(605) });
    await anomaly('b', 60, 62, { as_of: minute(605) });
    await anomaly('b', 65, null, { as_of: minute(605), withdrawn: 1 });
    await runWindow(job, minute(600), minute(610));
    expect((await list()).map(({ ended_at, finding_count }) => [ended_at, finding_count])).toEqual([
      [minute(63), 1],
      [minute(11), 1],
    ]);
    const stored = await readAll(telemetry, 'incidents', tenant);
    expect(await runWindow(job, minute(600), minute(610))).toMatchObject({ opened: 0, changed: 0 });
    expect(await readAll(telemetry, 'incidents', tenant)).toEqual(stored);
  });

  test('ends an incident of more than a week ago whose anomaly is over', async () => {
    const { job, anomaly, list } = await arrange();
    await anomaly('a', 0, null);
    await runWindow(job, minute(0), minute(10));
    await anomaly('a', 0, 20, { as_of: minute(30) });
    const later = minute(8 * 24 * 60);
    await runWindow(job, later, later + minuteMs);
    expect(await list()).toMatchObject([{ ended_at: minute(0), withdrawn: false }]);
  });

  test('two incidents that turn out to be one: the earlier goes on, the other says what it became a part of', async () => {
    const { job, anomaly, list, one, depends } = await arrange();
    await anomaly('a', 0, 20);
    await anomaly('b', 5, 20);
    await runWindow(job, minute(0), minute(10));
    const [later, earlier] = await list();
    expect([earlier!.agents, later!.agents]).toEqual([['a'], ['b']]);
    await depends('a', 'b');
    expect(await runWindow(job, minute(10), minute(30))).toMatchObject({ changed: 1, merged: 1 });
    expect(await list()).toMatchObject([{ id: earlier!.id, agents: ['a', 'b'], finding_count: 2 }]);
    expect(await one(later!.id)).toMatchObject({ merged_into: earlier!.id, withdrawn: false });
    // What the merged one was found again with stays with the one that it is a part of.
    expect(await runWindow(job, minute(10), minute(30))).toMatchObject({ opened: 0, changed: 0, merged: 0 });
  });

  test('an incident whose findings were withdrawn or are held back is withdrawn, and comes back with them', async () => {
    const { tenant, job, anomaly, list } = await arrange();
    const id = await anomaly('a', 0, 5);
    await anomaly('b', 1, 5, { held_back_by: 'somebody' });
    await runWindow(job, minute(0), minute(10));
    const [incident] = await list();
    expect(await list()).toHaveLength(1);
    await telemetry.run(withdrawAnomalies, { tenant, detector: 'seasonal-band', ids: [id] });
    expect(await runWindow(job, minute(0), minute(10))).toMatchObject({ withdrawn: 1 });
    expect(await list()).toEqual([]);
    await anomaly('a', 0, 5, { as_of: minute(9) });
    await runWindow(job, minute(0), minute(10));
    expect((await list()).map(({ id }) => id)).toEqual([incident!.id]);
  });

  test('a silent fleet is one incident about ingest or the network, not one of each agent', async () => {
    const { tenant, job, list } = await arrange();
    const agents = Array.from({ length: 232 }, (_, i) => `a${i}`);
    const beats = agents.flatMap((agent, i) =>
      Array.from({ length: 5 }, (_, n) =>
        heartbeat(tenant, agent, minute(n) + 137 * i, { agent_type: `type-${i % 5}` }),
      ),
    );
    await insertHeartbeats(telemetry, beats);
    const liveness = createLivenessJob({ telemetry, lateFactor: 2, downFactor: 4 });
    for (let n = 0; n < 15; n += 5) {
      await runWindow(liveness, minute(n), minute(n + 5));
      await runWindow(job, minute(n), minute(n + 5));
    }
    expect(await list()).toMatchObject([
      {
        cause: 'fleet_silence',
        severity: 'critical',
        finding_count: 232,
        ended_at: null,
        suspects: [{ component: 'ingest or network' }],
      },
    ]);
    // They are heard again.
    await insertHeartbeats(
      telemetry,
      agents.map((agent) => heartbeat(tenant, agent, minute(16))),
    );
    await runWindow(liveness, minute(15), minute(20));
    await runWindow(job, minute(15), minute(20));
    expect(await list()).toMatchObject([{ cause: 'fleet_silence', ended_at: minute(16) }]);
  });

  test('a silence is one finding, also where a later run of liveness sets its time anew', async () => {
    const { tenant, job, list } = await arrange();
    await insertHeartbeats(telemetry, [heartbeat(tenant, 'a', minute(0))]);
    for (const downFactor of [4, 4.5]) {
      await runWindow(createLivenessJob({ telemetry, lateFactor: 2, downFactor }), minute(0), minute(10));
      await runWindow(job, minute(0), minute(10));
    }
    expect(await list()).toMatchObject([{ title: 'a silent', finding_count: 1, ended_at: null }]);
    await insertHeartbeats(telemetry, [heartbeat(tenant, 'a', minute(12))]);
    await runWindow(createLivenessJob({ telemetry, lateFactor: 2, downFactor: 4 }), minute(10), minute(13));
    await runWindow(job, minute(10), minute(13));
    expect(await list()).toMatchObject([{ finding_count: 1, ended_at: minute(12) }]);
  });

  test('an agent that said that it stops is no incident', async () => {
    const { tenant, job, list } = await arrange();
    await insertHeartbeats(telemetry, [heartbeat(tenant, 'a', minute(0), { status: 'stopping' })]);
    await runWindow(createLivenessJob({ telemetry, lateFactor: 2, downFactor: 4 }), minute(0), minute(10));
    await runWindow(job, minute(0), minute(10));
    expect(await list()).toEqual([]);
  });
});
