import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDetectJob } from '../../analytics/detect.ts';
import { defaultDetectorSettings as settings } from '../../models/detectors/detector.ts';
import { anyLevelShift, listLevelShifts } from '../../store/queries/level-shifts.ts';
import { levelShiftsTable } from '../../store/tables.ts';
import { dayMs, hourMs, insertSeries, minuteMs, mondayMs, readAll, readRows } from '../store/rows.ts';
import { hasChdb } from '../support/servers.ts';
import { newTenantState, runWindow, runWindows, startWorkbench, type Workbench } from './workbench.ts';

const start = mondayMs;
const shiftMs = start + 4 * dayMs;
const end = shiftMs + 36 * hourMs;

/** A thousand until the shift and three thousand after it, with a noise of one percent that is the same at each run. */
function value(timeMs: number): number {
  const noise = 10 * Math.sin(timeMs / 7919) * Math.cos(timeMs / 104_729);
  return (timeMs < shiftMs ? 1000 : 3000) + noise;
}

describe.skipIf(!hasChdb())('a level that holds', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await startWorkbench();
  });
  afterAll(() => bench?.stop());

  async function arrange() {
    const { telemetry, models } = bench;
    const { tenant, state } = await newTenantState();
    const points = Array.from({ length: (end - start) / (5 * minuteMs) }, (_, i) => {
      const time = start + i * 5 * minuteMs;
      return { time, value: value(time) };
    });
    const id = await insertSeries(telemetry, { tenant, metric: 'disk_bytes', labels: { agent: 'a' }, points });
    const job = createDetectJob({ telemetry, state, models, excludeMetrics: [], ...settings });
    const shifts = () => telemetry.query(listLevelShifts, { ...anyLevelShift, tenant, limit: 10 });
    return { tenant, id, job, shifts };
  }

  const days = Array.from({ length: 6 }, (_, day) => Math.min(start + day * dayMs, end));

  test('is stored once as an event: of which series, when it was accepted, from which level to which', async () => {
    const { job, id, shifts, tenant } = await arrange();
    await runWindows(job, days);
    expect(await shifts()).toEqual([]);
    expect(await runWindow(job, days.at(-1)!, end)).toMatchObject({ levelShifts: 1 });
    const [shift, ...more] = await shifts();
    expect(more).toEqual([]);
    expect(shift).toMatchObject({ series_id: id, metric: 'disk_bytes', labels: { agent: 'a' }, detector: 'composite' });
    expect(shift!.accepted_at).toBeGreaterThanOrEqual(shiftMs + 24 * hourMs);
    expect(shift!.accepted_at).toBeLessThanOrEqual(shiftMs + 30 * hourMs);
    expect([shift!.from_level, shift!.to_level].map((level) => Math.round(level / 100))).toEqual([10, 30]);
    const stored = await readAll(bench.telemetry, 'level_shifts', tenant);
    await runWindow(job, days.at(-1)!, end);
    await runWindow(job, start, end);
    expect(await readAll(bench.telemetry, 'level_shifts', tenant)).toEqual(stored);
  });

  test('that a later run no longer finds is withdrawn, and comes back when it is found again', async () => {
    const { telemetry } = bench;
    const { job, tenant, shifts } = await arrange();
    await runWindow(job, start, end);
    const [found] = await shifts();
    const [row] = await readRows(telemetry, levelShiftsTable, tenant);
    const wrong = { ...row!, shift_id: 'wrong', accepted_at: start + dayMs, known_at: start + dayMs + minuteMs };
    await telemetry.insert(levelShiftsTable, [wrong, { ...row!, withdrawn: 1 }]);
    expect((await shifts()).map(({ id }) => id)).toEqual(['wrong']);
    await runWindow(job, start, end);
    expect(await shifts()).toEqual([found]);
  });
});
