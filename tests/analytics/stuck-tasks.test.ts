import { describe, expect, test } from 'vitest';
import { createIncidentsJob } from '../../analytics/incidents.ts';
import { createLivenessJob } from '../../analytics/liveness.ts';
import { createStuckTasksJob } from '../../analytics/stuck-tasks.ts';
import { listStuckTasks } from '../../store/queries/stuck-tasks.ts';
import type { TelemetryStore } from '../../store/telemetry.ts';
import { dayMs, heartbeat, insertHeartbeats, insertTaskEvents, minuteMs, readAll, taskEvent } from '../store/rows.ts';
import { useTelemetry } from '../store/targets.ts';
import { hasChdb } from '../support/servers.ts';
import { allIncidents, minute, newTenantState, nine, runWindow, runWindows } from './workbench.ts';

describe.skipIf(!hasChdb())('stuck tasks', () => {
  let telemetry: TelemetryStore;
  useTelemetry((started) => {
    telemetry = started;
  });

  /** A tenant whose builds took up to 200 seconds the day before, so that after 600 one is stuck. */
  async function arrange() {
    const { tenant, state } = await newTenantState();
    const past = Array.from({ length: 100 }, (_, i) =>
      taskEvent(tenant, 'build', 'succeeded', nine - dayMs + i * minuteMs, {
        agent: 'a',
        task: `past-${i}`,
        duration_seconds: i < 5 ? 200 : 60,
      }),
    );
    await insertTaskEvents(telemetry, past);
    const send = (task: string, state: string, n: number, rest = {}) =>
      insertTaskEvents(telemetry, [taskEvent(tenant, 'build', state, minute(n), { agent: 'a', task, ...rest })]);
    const any = { kind: '', agent: '', afterTime: 0, afterTask: '', limit: 100 };
    const stuck = async () => (await telemetry.query(listStuckTasks, { tenant, ...any })).map(({ task }) => task);
    const incidents = () => allIncidents(telemetry, tenant);
    return {
      tenant,
      send,
      stuck,
      incidents,
      job: createStuckTasksJob({ telemetry }),
      grouping: createIncidentsJob({ telemetry, state }),
    };
  }

  test('are those that gave no sign for three times what their kind takes, until they give one', async () => {
    const { send, stuck, job } = await arrange();
    await send('silent', 'started', 0);
    await send('progresses', 'started', 0);
    await send('progresses', 'progressed', 8);
    await send('done', 'started', 0);
    await send('done', 'succeeded', 9);
    await send('waits', 'queued', 0);
    await runWindow(job, minute(0), minute(9));
    expect(await stuck()).toEqual([]);
    await runWindow(job, minute(9), minute(12));
    expect(await stuck()).toEqual(['silent']);
    await runWindow(job, minute(12), minute(20));
    expect(await stuck()).toEqual(['silent', 'progresses']);
    await send('silent', 'progressed', 21);
    await runWindow(job, minute(20), minute(22));
    expect(await stuck()).toEqual(['progresses']);
  });

  test('are the same for any cut of the time, and for a window that is run again', async () => {
    const [whole, cut] = [await arrange(), await arrange()];
    for (const { send } of [whole, cut]) {
      await send('t', 'started', 0);
      await send('t', 'progressed', 15);
    }
    const strip = ({ tenant: _, as_of: __, ...row }: Record<string, unknown>) => row;
    const rows = async (tenant: string) => (await readAll(telemetry, 'stuck_tasks', tenant)).map(strip);
    await runWindow(whole.job, minute(0), minute(40));
    const expected = await rows(whole.tenant);
    expect(expected).toHaveLength(2);
    await runWindows(cut.job, [minute(0), minute(11), minute(13), minute(40)]);
    expect(await rows(cut.tenant)).toEqual(expected);
    await runWindow(whole.job, minute(10), minute(20));
    expect(await rows(whole.tenant)).toEqual(expected);
  });

  test('of one workflow are one incident, which ends with them', async () => {
    const { send, job, grouping, incidents } = await arrange();
    for (const task of ['one', 'two']) await send(task, 'started', 0, { agent: task, correlation_id: 'release-7' });
    await runWindow(job, minute(0), minute(15));
    await runWindow(grouping, minute(0), minute(15));
    expect(await incidents()).toMatchObject([
      { cause: 'stuck_tasks', severity: 'warning', finding_count: 2, ended_at: null },
    ]);
    for (const task of ['one', 'two']) await send(task, 'failed', 16, { agent: task, correlation_id: 'release-7' });
    await runWindow(job, minute(15), minute(20));
    await runWindow(grouping, minute(15), minute(20));
    expect(await incidents()).toMatchObject([{ ended_at: minute(16) }]);
  });

  test('of a dead agent are not called stuck: the agent is what is wrong', async () => {
    const { tenant, send, job, grouping, incidents } = await arrange();
    await insertHeartbeats(telemetry, [heartbeat(tenant, 'a', minute(0))]);
    await send('orphan', 'started', 0);
    await runWindow(createLivenessJob({ telemetry, lateFactor: 2, downFactor: 4 }), minute(0), minute(15));
    await runWindow(job, minute(0), minute(15));
    await runWindow(grouping, minute(0), minute(15));
    expect(await incidents()).toMatchObject([{ cause: 'silence', finding_count: 1, agents: ['a'] }]);
  });
});
