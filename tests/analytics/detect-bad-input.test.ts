import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDetectJob } from '../../analytics/detect.ts';
import { defaultDetectorSettings as settings } from '../../models/detectors/detector.ts';
import type { ModelPool } from '../../models/pool.ts';
import { seededRandom } from '../../models/statistics/seeded-random.ts';
import { listAnomalies, scoresOfSeries } from '../../store/queries/detection.ts';
import { seriesId } from '../../store/series-id.ts';
import { type Aggregation, samplesTable } from '../../store/tables.ts';
import { dayMs, farDay, hourMs, insertSeries, minuteMs, mondayMs } from '../store/rows.ts';
import { hasChdb } from '../support/servers.ts';
import { dailySwing, newTenantState, runWindow, runWindows, startWorkbench, type Workbench } from './workbench.ts';

const start = mondayMs;
const end = start + 3 * dayMs;
const days = [start, start + dayMs, start + 2 * dayMs, end];

interface Sample {
  time: number;
  value: number;
}

const clean: Sample[] = Array.from({ length: (end - start) / minuteMs }, (_, i) => {
  const time = start + i * minuteMs;
  return { time, value: dailySwing(time) };
});

/** What may be wrong with a series: its samples in the order and in the inserts in which they come. */
const bad: Record<string, { aggregation?: Aggregation; inserts: Sample[][] }> = {
  'is well': { inserts: [clean] },
  'has gaps of hours': { inserts: [clean.filter(({ time }) => Math.floor((time - start) / hourMs) % 5 < 3)] },
  'comes twice': { inserts: [clean, clean] },
  'comes out of order': { inserts: [clean.toReversed()] },
  'is constant': { inserts: [clean.map(({ time }) => ({ time, value: 7 }))] },
  'is binary': {
    inserts: [clean.map(({ time }) => ({ time, value: Number(((time / minuteMs) * 7919) % 97 < 9) }))],
  },
  'is a total that begins anew': {
    aggregation: 'last',
    inserts: [clean.map(({ time }, i) => ({ time, value: 10 * (i % 1700) }))],
  },
  'holds what is no number': {
    inserts: [
      clean.map(({ time, value }, i) => ({ time, value: [value, Number.NaN, Number.POSITIVE_INFINITY][i % 3]! })),
    ],
  },
  ends: { inserts: [clean.filter(({ time }) => time < start + 1.6 * dayMs)] },
  // Ten minutes are said to be two hours later; the same minutes come again when it is that late.
  'has a clock that jumps': {
    inserts: [
      clean.map(({ time, value }) => {
        const isAhead = time >= end - 8 * hourMs && time < end - 8 * hourMs + 10 * minuteMs;
        return { time: time + (isAhead ? 2 * hourMs : 0), value };
      }),
    ],
  },
};

describe.skipIf(!hasChdb())('bad input does not flood alerts, nor end the job', () => {
  let bench: Workbench;
  let tenant: string;
  const ids = new Map<string, string>();
  let counts: Record<string, number>[];

  beforeAll(async () => {
    bench = await startWorkbench();
    const arranged = await arrange();
    tenant = arranged.tenant;
    for (const [kind, { inserts, aggregation = 'avg' }] of Object.entries(bad))
      for (const points of inserts)
        ids.set(
          kind,
          await insertSeries(bench.telemetry, { tenant, metric: 'm', labels: { kind }, points, aggregation }),
        );
    counts = [];
    for (let i = 1; i < days.length; i++) counts.push(await runWindow(arranged.job, days[i - 1]!, days[i]!));
  });
  afterAll(() => bench?.stop());

  async function arrange(models: ModelPool = bench.models) {
    const { telemetry } = bench;
    const { tenant, state } = await newTenantState();
    return { tenant, job: createDetectJob({ telemetry, state, models, excludeMetrics: [], ...settings }) };
  }

  function anomalies(of: string, series = '') {
    const any = { id: '', metric: '', agent: '', from: 0, minScore: 0, open: 2, heldBack: 2, beforeId: '' };
    return bench.telemetry.query(listAnomalies, { ...any, tenant: of, series, to: 9e12, beforeTime: 9e12, limit: 100 });
  }

  async function scoresOf(kind: string) {
    const [row] = await bench.telemetry.query(scoresOfSeries, { tenant, id: ids.get(kind)!, from: start, to: end });
    return row!;
  }

  test('every series is scored, whatever is wrong with others', async () => {
    expect(counts.map(({ failed }) => failed)).toEqual([0, 0, 0]);
    for (const kind of ids.keys()) expect((await scoresOf(kind)).times.length, kind).toBeGreaterThan(900);
  });

  test.each(Object.keys(bad))('a series that %s makes no more than two alarms in three days', async (kind) => {
    expect((await anomalies(tenant, ids.get(kind))).length).toBeLessThanOrEqual(2);
  });

  test.each(['comes twice', 'comes out of order'])(
    'a series that %s has the scores that it would have had',
    async (kind) => {
      expect(await scoresOf(kind)).toEqual(await scoresOf('is well'));
    },
  );

  test('samples that come after their window was run are no alarm, and count when it is run again', async () => {
    const { telemetry } = bench;
    const { tenant, job } = await arrange();
    const isLate = ({ time }: Sample) => time >= start + 20 * hourMs && time < start + 21 * hourMs;
    const first = clean.filter((sample) => sample.time < start + dayMs && !isLate(sample));
    const id = await insertSeries(telemetry, { tenant, metric: 'm', points: first });
    await runWindows(job, [start, start + 21 * hourMs]);
    await insertSeries(telemetry, { tenant, metric: 'm', points: clean.filter(isLate) });
    expect(await runWindow(job, start + 21 * hourMs, start + 22 * hourMs)).toMatchObject({ points: 60, failed: 0 });
    expect(await runWindow(job, start + 20 * hourMs, start + 22 * hourMs)).toMatchObject({ points: 120, failed: 0 });
    const [row] = await telemetry.query(scoresOfSeries, { tenant, id, from: start, to: end });
    expect(row!.times).toHaveLength(22 * 60);
    expect(await anomalies(tenant)).toEqual([]);
  });

  test('ten thousand new series at once are scored, and none is an alarm', async () => {
    const { tenant, job } = await arrange();
    const random = seededRandom(3);
    const all = Array.from({ length: 10_000 }, (_, i) => seriesId(tenant, 'm', { disk: String(i) }));
    const kept = { raw_until: farDay, rollup_until: farDay, aggregation: 'avg' };
    for (let minute = 0; minute < 3; minute++) {
      const time = start + minute * minuteMs;
      const rows = all.map((series_id) => ({ tenant, series_id, time, value: 1000 * random(), ...kept }));
      await bench.telemetry.insert(samplesTable, rows);
      expect(await runWindow(job, time, time + minuteMs)).toMatchObject({ points: 10_000, failed: 0, anomalies: 0 });
    }
  });

  test('one series that fails is named, begins anew, and keeps no other from its verdicts', async () => {
    const { telemetry, models } = bench;
    const failing = new Set<string>();
    // The state of another detector stands for whatever may be wrong with one series.
    const detect: ModelPool['detect'] = (request, options) =>
      models.detect(
        {
          ...request,
          series: request.series.map((each) =>
            failing.has(String(each.points.values[0])) ? { ...each, state: new Float32Array(3) } : each,
          ),
        },
        options,
      );
    const { tenant, job } = await arrange({ ...models, detect });
    const hours = (value: number) => clean.slice(0, 120).map(({ time }) => ({ time, value }));
    const broken = await insertSeries(telemetry, { tenant, metric: 'broken', points: hours(5) });
    const well = await insertSeries(telemetry, { tenant, metric: 'well', points: hours(6) });
    const failed: [string, string][] = [];
    const partFailed = (part: string, reason: string) => void failed.push([part, reason]);
    failing.add('5');
    expect(await runWindow(job, start, start + hourMs, { partFailed })).toMatchObject({ points: 60, failed: 1 });
    expect(failed).toEqual([[`series ${broken}`, 'its state is not one of composite']]);
    failing.clear();
    expect(await runWindow(job, start + hourMs, start + 2 * hourMs)).toMatchObject({ points: 120, failed: 0 });
    const range = { tenant, from: start, to: end };
    const lengths = [broken, well].map(async (id) => {
      const [row] = await telemetry.query(scoresOfSeries, { ...range, id });
      return row!.times.length;
    });
    expect(await Promise.all(lengths)).toEqual([60, 120]);
  });
});
