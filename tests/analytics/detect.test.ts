import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDetectJob } from '../../analytics/detect.ts';
import { loadMemories } from '../../analytics/detector-memory.ts';
import { defaultDetectorSettings as settings } from '../../models/detectors/detector.ts';
import { countOpenAnomalies, listAnomalies, scoresOfSeries, withdrawAnomalies } from '../../store/queries/detection.ts';
import type { Tenant } from '../../store/records/tenants.ts';
import { anomaliesTable, detectorStatesTable } from '../../store/tables.ts';
import { dayMs, farDay, hourMs, insertSeries, minuteMs, mondayMs, readAll, readRows } from '../store/rows.ts';
import { hasChdb } from '../support/servers.ts';
import { dailySwing, newTenantState, runWindow, runWindows, startWorkbench, type Workbench } from './workbench.ts';

const start = mondayMs;
const end = start + 2 * dayMs;
/** Late on the second day: the detector has seen enough by then. */
const incident = { from: start + 44 * hourMs, to: start + 44 * hourMs + 30 * minuteMs };
const results = ['scores', 'anomalies', 'detector_states'] as const;

describe.skipIf(!hasChdb())('the detect job', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await startWorkbench();
  });
  afterAll(() => bench?.stop());

  /** A value a minute in `[from, to)`; ten times as high during the incident. */
  function minutes(from: number, to: number) {
    const times = Array.from({ length: (to - from) / minuteMs }, (_, i) => from + i * minuteMs);
    return times.map((time) => ({
      time,
      value: dailySwing(time) * (time >= incident.from && time < incident.to ? 10 : 1),
    }));
  }

  /** A tenant of its own with one series of two days, and the job over it. */
  async function arrange({ to = end, excludeMetrics = [] as string[] } = {}) {
    const { telemetry, models } = bench;
    const { tenant, state } = await newTenantState();
    const id = await insertSeries(telemetry, {
      tenant,
      metric: 'memory_bytes',
      labels: { agent: 'a' },
      points: minutes(start, to),
    });
    const job = createDetectJob({ telemetry, state, models, excludeMetrics, ...settings });
    const anomalies = () => {
      const any = {
        id: '',
        series: '',
        metric: '',
        agent: '',
        from: 0,
        minScore: 0,
        open: 2,
        heldBack: 2,
        beforeId: '',
      };
      return telemetry.query(listAnomalies, { ...any, tenant, to: end + dayMs, beforeTime: end + dayMs, limit: 100 });
    };
    /** Every row of every result; without what differs between tenants or by the window that wrote it. */
    const outcome = async () => {
      const strip = ({ tenant: _, series_id: __, anomaly_id: ___, as_of: ____, ...row }: Record<string, unknown>) =>
        row;
      const [scores, found, states] = await Promise.all(results.map((table) => readAll(telemetry, table, tenant)));
      const last = states!.at(-1);
      return { scores: scores!.map(strip), anomalies: found!.map(strip), state: last && strip(last) };
    };
    const everything = () => Promise.all(results.map((table) => readAll(telemetry, table, tenant)));
    return { tenant, id, job, anomalies, outcome, everything };
  }

  const days = [start, start + dayMs, end];

  test('finds one incident once: when it was, how bad, and what was expected', async () => {
    const { job, id, anomalies } = await arrange();
    expect(await runWindow(job, days[0]!, days[1]!)).toMatchObject({
      series: 1,
      points: 1440,
      failed: 0,
      anomalies: 0,
    });
    expect(await runWindow(job, days[1]!, days[2]!)).toMatchObject({
      series: 1,
      points: 1440,
      failed: 0,
      anomalies: 1,
    });
    const found = await anomalies();
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      series_id: id,
      metric: 'memory_bytes',
      labels: { agent: 'a' },
      started_at: incident.from,
    });
    const { ended_at, peak_at, peak_score, peak_value, expected, lower, upper, reason } = found[0]!;
    expect(ended_at).toBe(incident.to - minuteMs);
    expect(peak_at).toBeGreaterThanOrEqual(incident.from);
    expect(peak_at).toBeLessThan(incident.to);
    expect(peak_score).toBeGreaterThan(1);
    expect(peak_value).toBeCloseTo(10 * dailySwing(peak_at), 6);
    expect(Math.abs(expected - dailySwing(peak_at))).toBeLessThan(20);
    expect([lower < expected, expected < upper, upper < peak_value]).toEqual([true, true, true]);
    expect(reason).not.toBe('');
  });

  test('counts are scored by the hour in which they fell, once, however the window is cut', async () => {
    const { telemetry, models } = bench;
    const points = minutes(start, end)
      .filter((_, i) => i % 20 === 0)
      .map(({ time }) => ({ time, value: 1 }));
    const scored = await Promise.all(
      [[start, end], Array.from({ length: 97 }, (_, i) => start + i * 30 * minuteMs)].map(async (edges) => {
        const { tenant, state } = await newTenantState();
        const id = await insertSeries(telemetry, {
          tenant,
          metric: 'jobs_total',
          labels: {},
          points,
          aggregation: 'sum',
        });
        await runWindows(createDetectJob({ telemetry, state, models, excludeMetrics: [], ...settings }), edges);
        const [row] = await telemetry.query(scoresOfSeries, { tenant, id, from: start, to: end });
        return row!;
      }),
    );
    for (const { times, values } of scored) {
      expect(times).toEqual(Array.from({ length: 48 }, (_, hour) => start + hour * hourMs));
      expect(new Set(values)).toEqual(new Set([3]));
    }
    expect(scored[1]).toEqual(scored[0]);
  });

  test('the same windows again change nothing: not a score, not an anomaly, not a state', async () => {
    const { job, everything } = await arrange();
    await runWindows(job, days);
    const before = await everything();
    expect(before.map((rows) => rows.length)).toEqual([2880, 1, 2]);
    await runWindows(job, days);
    expect(await everything()).toEqual(before);
  });

  test.each([
    ['day by day', days],
    ['in one go', [start, end]],
    ['from noon to noon', [start, start + 12 * hourMs, start + 36 * hourMs, end]],
  ])(
    'after a run %s, a window of the past that is run again changes nothing, though one state a day is kept',
    async (_title, edges) => {
      const { job, everything } = await arrange();
      await runWindows(job, edges);
      const before = await everything();
      await bench.telemetry.command('OPTIMIZE TABLE detector_states FINAL');
      for (const [from, to] of [
        [43, 46],
        [44.25, 44.5],
        [23, 25],
        [13, 14],
        [1, 2],
      ] as const) {
        await runWindow(job, start + from * hourMs, start + to * hourMs);
      }
      const after = await everything();
      expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    },
  );

  test('one big window is many small ones: the same scores, anomalies and state', async () => {
    const [whole, hourly, uneven] = [await arrange(), await arrange(), await arrange()];
    // All three share a store; each job runs for its own tenant.
    await runWindow(whole.job, start, end);
    const hours = Array.from({ length: 17 }, (_, i) => start + i * 3 * hourMs);
    await runWindows(hourly.job, hours);
    const cuts = [0, 7, 431, 432, 1000, 2640, 2641, 2655, 2700, 2880].map((minute) => start + minute * minuteMs);
    await runWindows(uneven.job, cuts);
    const expected = await whole.outcome();
    expect(expected.scores).toHaveLength(2880);
    expect(await hourly.outcome()).toEqual(expected);
    expect(await uneven.outcome()).toEqual(expected);
  });

  test('a run that knows more withdraws what an earlier one found in its window, and finds it again if it is there', async () => {
    const { telemetry } = bench;
    const { job, tenant, anomalies, everything } = await arrange();
    await runWindows(job, days);
    const [one] = await anomalies();
    // As a run over a short history would have left them: one that is none, one with another end, one of another time.
    const [row] = await readRows(telemetry, anomaliesTable, tenant);
    const stale = { ...row!, anomaly_id: 'stale', started_at: start + 30 * hourMs, ended_at: start + 31 * hourMs };
    const before = { ...stale, anomaly_id: 'before', started_at: start + 2 * hourMs };
    const longer = { ...row!, ended_at: incident.to + hourMs };
    await telemetry.insert(anomaliesTable, [stale, before, longer]);
    expect(await runWindow(job, days[1]!, days[2]!)).toMatchObject({ anomalies: 1, withdrawn: 1 });
    expect((await anomalies()).map(({ id, ended_at }) => [id, ended_at])).toEqual([
      [one!.id, one!.ended_at],
      ['before', stale.ended_at],
    ]);
    // What was withdrawn and is found again counts, whichever window found it.
    await telemetry.run(withdrawAnomalies, { tenant, detector: row!.detector, ids: [one!.id, 'before'] });
    expect(await anomalies()).toEqual([]);
    await runWindow(job, incident.from, incident.to + hourMs);
    expect(await anomalies()).toEqual([one]);
    const settled = await everything();
    await runWindow(job, days[1]!, days[2]!);
    expect(await everything()).toEqual(settled);
  });

  test('what a former detector left open is withdrawn: nobody would ever end it', async () => {
    const { telemetry } = bench;
    const { job, tenant, id, anomalies } = await arrange();
    const at = start - 2 * dayMs;
    await telemetry.insert(anomaliesTable, [
      {
        ...{
          tenant,
          anomaly_id: 'left',
          series_id: id,
          detector: 'seasonal-band',
          started_at: at,
          ended_at: null,
          peak_at: at,
        },
        ...{
          peak_score: 2,
          peak_value: 9,
          expected: 1,
          lower: 0,
          upper: 2,
          maturity: 1,
          reason: '',
          as_of: at,
          until: farDay,
        },
        ...{ withdrawn: 0, held_back_by: '' },
      },
    ]);
    expect(await anomalies()).toHaveLength(1);
    await runWindow(job, days[0]!, days[1]!);
    expect(await anomalies()).toEqual([]);
  });

  test('a state of another version is not gone on with: its series is counted and begins anew', async () => {
    const { telemetry } = bench;
    const { job, tenant } = await arrange();
    await runWindow(job, days[0]!, days[1]!);
    const [row] = await readRows(telemetry, detectorStatesTable, tenant);
    const load = () => loadMemories(telemetry, { id: tenant } as Tenant, 'composite', end);
    expect(await load()).toMatchObject({ memories: { size: 1 }, outdated: 0 });
    const { version: _, ...former } = JSON.parse(row!.state);
    await telemetry.insert(detectorStatesTable, [
      { ...row!, day: row!.day + 1, as_of: end, state: JSON.stringify(former) },
    ]);
    expect(await load()).toMatchObject({ memories: { size: 0 }, outdated: 1 });
  });

  test('a short window first and the whole history then leave what the whole history alone gives', async () => {
    const [whole, twice] = [await arrange(), await arrange()];
    await runWindows(twice.job, [start + 40 * hourMs, start + 44 * hourMs + 10 * minuteMs, end]);
    await runWindow(twice.job, start, end);
    await runWindow(whole.job, start, end);
    const strip = ({ id: _, series_id: __, ...rest }: Record<string, unknown>) => rest;
    expect((await twice.anomalies()).map(strip)).toEqual((await whole.anomalies()).map(strip));
  });

  test('a restart after any window changes nothing, also for a series that comes now and then', async () => {
    const { telemetry, models } = bench;
    const edges = [0, 600, 615, 617, 623, 630, 641, 645, 660].map((minute) => start + minute * minuteMs);
    const scored = await Promise.all(
      [false, true].map(async (restarts) => {
        const { tenant, state } = await newTenantState();
        const rare = minutes(start, edges.at(-1)!).filter(({ time }) => ((time - start) / minuteMs) % 13 === 4);
        const every = minutes(start, edges.at(-1)!);
        const ids = await Promise.all(
          [rare, every].map((points, i) => insertSeries(telemetry, { tenant, metric: `metric_${i}`, points })),
        );
        const createJob = () => createDetectJob({ telemetry, state, models, excludeMetrics: [], ...settings });
        let job = createJob();
        for (let i = 1; i < edges.length; i++) {
          await runWindow(job, edges[i - 1]!, edges[i]!);
          if (restarts) job = createJob();
        }
        const range = { tenant, from: start, to: edges.at(-1)! };
        return Promise.all(ids.map((id) => telemetry.query(scoresOfSeries, { ...range, id })));
      }),
    );
    expect(scored[0]!.map(([row]) => row!.times.length)).toEqual([51, 660]);
    expect(scored[1]).toEqual(scored[0]);
  });

  test('an anomaly that goes on is open, and is closed under the same name when it is over', async () => {
    const { job, tenant, anomalies } = await arrange();
    const middle = incident.from + 10 * minuteMs;
    const open = async () => (await bench.telemetry.query(countOpenAnomalies, { tenant }))[0]!.open;
    await runWindows(job, [start, middle]);
    const [during] = await anomalies();
    expect(during).toMatchObject({ started_at: incident.from, ended_at: null });
    expect(await open()).toBe(1);
    // It may still be joined by what comes within 15 minutes of its last sample.
    await runWindows(job, [middle, incident.to + 5 * minuteMs]);
    expect(await open()).toBe(1);
    await runWindows(job, [incident.to + 5 * minuteMs, incident.to + 20 * minuteMs]);
    expect(await anomalies()).toMatchObject([{ id: during!.id, ended_at: incident.to - minuteMs }]);
    expect(await open()).toBe(0);
  });

  test('minute by minute, an anomaly is closed by the first minute that it may not be joined in', async () => {
    const { job, anomalies } = await arrange();
    const minuteAfter = (n: number) => incident.to + n * minuteMs;
    await runWindows(job, [start, ...Array.from({ length: 17 }, (_, n) => minuteAfter(n))]);
    expect(await anomalies()).toMatchObject([{ started_at: incident.from, ended_at: incident.to - minuteMs }]);
  });

  test('a series that ends in the middle of an anomaly does not stay open for ever', async () => {
    const lastMs = incident.from + 10 * minuteMs;
    const { job, anomalies } = await arrange({ to: lastMs });
    await runWindows(job, [start, lastMs, lastMs + 5 * minuteMs]);
    expect(await anomalies()).toMatchObject([{ ended_at: null }]);
    await runWindows(job, [lastMs + 5 * minuteMs, lastMs + 14 * minuteMs, lastMs + 20 * minuteMs]);
    const closed = await anomalies();
    expect(closed).toMatchObject([{ started_at: incident.from, ended_at: lastMs - minuteMs }]);
    await runWindows(job, [lastMs + 20 * minuteMs, lastMs + hourMs, lastMs + 30 * hourMs, lastMs + 60 * hourMs]);
    expect(await anomalies()).toEqual(closed);
  });

  test('a series that ends in an anomaly is closed too when nothing was run for days', async () => {
    const lastMs = incident.from + 10 * minuteMs;
    const { job, anomalies } = await arrange({ to: lastMs });
    await runWindows(job, [start, lastMs, lastMs + dayMs, lastMs + 2 * dayMs]);
    expect(await anomalies()).toMatchObject([{ ended_at: lastMs - minuteMs }]);
  });

  test('values that are no numbers are left out, and no result is one', async () => {
    const { telemetry } = bench;
    const { job, tenant, id, everything } = await arrange();
    const bad = [Number.NaN, Number.POSITIVE_INFINITY].map((value, i) => ({ time: start + i * hourMs + 1, value }));
    await insertSeries(telemetry, { tenant, metric: 'memory_bytes', labels: { agent: 'a' }, points: bad });
    const counts = await runWindow(job, start, end);
    expect(counts.points).toBe(2878);
    const [row] = await telemetry.query(scoresOfSeries, { tenant, id, from: start, to: end });
    const { detector, times, ...columns } = row!;
    expect(detector).toBe('composite');
    expect(times).toHaveLength(2878);
    for (const column of Object.values(columns)) expect((column as number[]).every(Number.isFinite)).toBe(true);
    // ClickHouse writes what is no number as null.
    expect(JSON.stringify(await everything())).not.toContain('"score":null');
  });

  test('metrics that are left out are not scored; others of the tenant are', async () => {
    const { job, tenant } = await arrange({ excludeMetrics: ['agent_up_ratio'] });
    const points = minutes(start, start + hourMs);
    await insertSeries(bench.telemetry, { tenant, metric: 'agent_up_ratio', labels: { agent: 'a' }, points });
    await insertSeries(bench.telemetry, { tenant, metric: 'cpu_ratio', labels: { agent: 'a' }, points });
    expect(await runWindow(job, start, start + hourMs)).toMatchObject({ series: 2, points: 120 });
  });

  test('reports how far it is, and ends when it is told to', async () => {
    const { job } = await arrange();
    const ratios: number[] = [];
    await runWindow(job, start - 2 * dayMs, end, { progress: (ratio) => void ratios.push(ratio) });
    expect(ratios).toEqual([0.25, 0.5, 0.75, 1]);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(runWindow(job, start, end, { signal })).rejects.toThrow('enough');
  });
});
