import { describe, expect, test } from 'vitest';
import { createIncidentsJob } from '../../analytics/incidents.ts';
import { incidentById } from '../../store/queries/incidents.ts';
import { anomaliesTable } from '../../store/tables.ts';
import type { TelemetryStore } from '../../store/telemetry.ts';
import {
  farDay,
  heartbeat,
  insertHeartbeats,
  insertSeries,
  insertTaskEvents,
  readAll,
  taskEvent,
} from '../store/rows.ts';
import { useTelemetry } from '../store/targets.ts';
import { hasChdb } from '../support/servers.ts';
import { allIncidents, minute, newTenantState, runWindow } from './workbench.ts';

/** Seconds of its own that a task of each takes, before the incident and in it. The time of whom it needs comes on top. */
const own = { site: [0.2, 0.2], service: [0.3, 0.3], database: [0.5, 4] } as const;
const agents = ['site', 'service', 'database'] as const;

describe.skipIf(!hasChdb())('the suspects of an incident about tasks', () => {
  let telemetry: TelemetryStore;
  useTelemetry((started) => {
    telemetry = started;
  });

  test('are ranked by the time of calls that is their own, though whoever waits for them deviates more', async () => {
    const { tenant, state } = await newTenantState();
    const job = createIncidentsJob({ telemetry, state });
    await insertHeartbeats(
      telemetry,
      agents.map((agent) => heartbeat(tenant, agent, minute(-1))),
    );
    // Once a minute the site asks the service, which asks the database.
    for (let n = -60; n < 15; n++) {
      const phase = n < 0 ? 0 : 1;
      const events = agents.flatMap((agent, depth) => {
        const seconds = agents.slice(depth).reduce((sum, each) => sum + own[each][phase], 0);
        const rest = { agent, task: `${agent}-${n}`, correlation_id: `request-${n}` };
        const [begins, ends] = [minute(n) + 50 * depth, minute(n) + 50 * depth + seconds * 1000];
        return [
          taskEvent(tenant, 'answer', 'started', begins, rest),
          taskEvent(tenant, 'answer', 'succeeded', ends, { ...rest, duration_seconds: seconds }),
        ];
      });
      await insertTaskEvents(telemetry, events);
    }
    for (const [i, agent] of (['site', 'service'] as const).entries()) {
      const series = { tenant, metric: 'task_duration_seconds', labels: { agent, kind: 'answer' } };
      const series_id = await insertSeries(telemetry, { ...series, points: [{ time: minute(0), value: 1 }] });
      await telemetry.insert(anomaliesTable, [
        {
          ...{ tenant, anomaly_id: agent, series_id, detector: 'composite', started_at: minute(i), ended_at: null },
          ...{ peak_at: minute(i), peak_score: 20 - i, peak_value: 9, expected: 1, lower: 0, upper: 2, maturity: 1 },
          ...{ reason: 'is above', as_of: minute(i), until: farDay, withdrawn: 0, held_back_by: '' },
        },
      ]);
    }
    await runWindow(job, minute(0), minute(15));
    const [incident] = await allIncidents(telemetry, tenant);
    expect(incident!.agents).toEqual(['service', 'site']);
    const [first, ...others] = incident!.suspects;
    expect(first).toMatchObject({ component: 'database' });
    expect(first!.score).toBeGreaterThan(0.9);
    expect(first!.reasons[0]).toBe('4 s a call, ordinarily 0.5 s');
    expect(others.every(({ component }) => component !== 'database')).toBe(true);
    const stored = await readAll(telemetry, 'incidents', tenant);
    expect(await runWindow(job, minute(0), minute(15))).toMatchObject({ opened: 0, changed: 0 });
    expect(await readAll(telemetry, 'incidents', tenant)).toEqual(stored);
    expect(await telemetry.query(incidentById, { tenant, id: incident!.id })).toHaveLength(1);
  });
});
