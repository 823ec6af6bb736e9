import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leaveOut, readLeftOut } from '../../analytics/left-out.ts';
import type { FeedbackVerdict } from '../../models/feedback/hold-back.ts';
import { insertFeedback } from '../../store/records/feedback.ts';
import { addMaintenanceWindow } from '../../store/records/maintenance-windows.ts';
import { listTenants } from '../../store/records/tenants.ts';
import { anomaliesTable } from '../../store/tables.ts';
import { farDay, heartbeat, hourMs, insertHeartbeats, insertSeries, mondayMs } from '../store/rows.ts';
import { hasChdb } from '../support/servers.ts';
import { newTenantState, startWorkbench, type Workbench } from './workbench.ts';

const start = mondayMs;
const end = start + 10 * hourMs;

test('every cell that an interval touches is missing, and the series that was given is left as it is', () => {
  const series = { startMs: 0, stepMs: 10, values: Float64Array.of(0, 1, 2, 3, 4) };
  expect([...leaveOut(series, [{ from: 19, to: 21 }]).values]).toEqual([0, NaN, NaN, 3, 4]);
  expect([...leaveOut(series, [{ from: -50, to: 5 }, { from: 40, to: 900 }]).values]).toEqual([NaN, 1, 2, 3, NaN]); // biome-ignore format: one line
  expect(leaveOut(series, [])).toBe(series);
  expect([...series.values]).toEqual([0, 1, 2, 3, 4]);
});

describe.skipIf(!hasChdb())('what no model is trained on', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await startWorkbench();
  });
  afterAll(() => bench?.stop());

  async function arrange() {
    const { tenant, state } = await newTenantState();
    const [owner] = await listTenants(state);
    const { telemetry } = bench;
    const add = (metric: string, agent: string) =>
      insertSeries(telemetry, { tenant, metric, labels: { agent }, points: [{ time: start, value: 1 }] });
    await insertHeartbeats(telemetry, [heartbeat(tenant, 'a', start, { agent_type: 'builder' })]);
    const ids = { load: await add('load', 'a'), memory: await add('memory', 'a'), other: await add('load', 'b') };
    return {
      ids,
      maintain: (selector: { agent?: string; agentType?: string; metric?: string }, from = start, to = end) =>
        addMaintenanceWindow(
          state,
          { tenant, agent: '', agentType: '', metric: '', from, to, reason: '', createdBy: '', ...selector },
          new Date(end),
        ),
      anomaly: (series_id: string, rest: { peak_score?: number; maturity?: number; ended_at?: number | null }) => {
        const band = { peak_at: start, peak_value: 9, expected: 1, lower: 0, upper: 2, maturity: 1, reason: '' };
        const about = { tenant, series_id, anomaly_id: series_id, detector: 'd', as_of: end, until: farDay };
        const row = { ...about, ...band, peak_score: 3, started_at: start, ended_at: start + hourMs, ...rest };
        return telemetry.insert(anomaliesTable, [{ ...row, withdrawn: 0, held_back_by: '' }]);
      },
      say: (verdict: FeedbackVerdict, series: string) => {
        const shape = { direction: 'above' as const, score: 1.2, startMs: start, durationMs: 2 * hourMs };
        const about = { tenant, anomaly: series, series, detector: 'd', reason: '', author: '', at: end };
        return insertFeedback(state, { id: `${series}-${verdict}`, verdict, shape, ...about });
      },
      leftOut: async () => {
        const found = await readLeftOut({ telemetry, state }, owner!, { from: start, to: end });
        return Object.fromEntries(
          Object.entries(ids)
            .filter(([, id]) => found.has(id))
            .map(([name, id]) => [name, found.get(id)!.map(({ from, to }) => [from, to])]),
        );
      },
    };
  }

  test('is nothing where nothing happened', async () => {
    const { leftOut } = await arrange();
    expect(await leftOut()).toEqual({});
  });

  test.each([
    [{ metric: 'load' }, ['load', 'other']],
    [{ agent: 'a' }, ['load', 'memory']],
    [{ agentType: 'builder', metric: 'memory' }, ['memory']],
    [{}, ['load', 'memory', 'other']],
    [{ agentType: 'tester' }, []],
  ])('is what maintenance with the selector %j covers', async (selector, names) => {
    const { maintain, leftOut } = await arrange();
    await maintain(selector);
    await maintain({}, end, end + hourMs);
    expect(await leftOut()).toEqual(Object.fromEntries(names.map((name) => [name, [[start, end]]])));
  });

  test('is what a mature detector found far out, but not what lasts, nor what is hardly out', async () => {
    const { ids, anomaly, leftOut } = await arrange();
    await anomaly(ids.load, {});
    await anomaly(ids.memory, { peak_score: 1.5 });
    await anomaly(ids.other, { maturity: 0.5 });
    expect(await leftOut()).toEqual({ load: [[start, start + hourMs + 1]] });
    await anomaly(ids.memory, { ended_at: start + 30 * hourMs });
    await anomaly(ids.other, { ended_at: null });
    expect(await leftOut()).toEqual({ load: [[start, start + hourMs + 1]], other: [[start, end + 1]] });
  });

  test('is what a person called real, and not what one called a false alarm or expected', async () => {
    const { ids, anomaly, say, leftOut } = await arrange();
    for (const id of Object.values(ids)) await anomaly(id, {});
    await say('real', ids.load);
    await say('false_alarm', ids.memory);
    await say('expected', ids.other);
    expect(await leftOut()).toEqual({ load: [[start, start + 2 * hourMs + 1]] });
  });
});
