import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { pointsOfSelected } from '../../store/queries/packed-points.ts';
import { type Grain, grains, pointsOfSeries, rawPoints } from '../../store/queries/points.ts';
import { listSeries } from '../../store/queries/series.ts';
import { defineQuery } from '../../store/query.ts';
import { type Aggregation, aggregations } from '../../store/tables.ts';
import type { TelemetryStore } from '../../store/telemetry.ts';
import {
  dayMs,
  heartbeat,
  hourMs,
  insertHeartbeats,
  insertSeries,
  insertTaskEvents,
  minuteMs,
  mondayMs,
  taskEvent,
} from './rows.ts';
import { newTenant, telemetryEngines, useTelemetry } from './targets.ts';

const nineAm = mondayMs + 9 * hourMs;

interface Derived {
  labels: Record<string, string>;
  aggregation: string;
  unit: string;
  /** Minutes since `nineAm`, and values. */
  points: [number, number][];
}

/** The series of a metric by minute, as the API reads them. */
async function derived(store: TelemetryStore, tenant: string, metric: string): Promise<Derived[]> {
  const cursor = { labelNames: [], labelValues: [], afterMetric: '', afterId: '0', limit: 100 };
  const series = await store.query(listSeries, { tenant, metric, ...cursor });
  const found = await Promise.all(
    series.map(async ({ id, labels, aggregation, unit }) => {
      const range = { tenant, id, from: nineAm - dayMs, to: nineAm + dayMs };
      const [row] = await store.query(pointsOfSeries.minute, range);
      const points = row!.times.map((time, i): [number, number] => [(time - nineAm) / minuteMs, row!.values[i]!]);
      return { labels, aggregation, unit, points };
    }),
  );
  return found.sort((a, b) => (JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1));
}

describe.each(telemetryEngines)('views on $name', (target) => {
  describe.skipIf(!target.isAvailable)('derive series', () => {
    let store: TelemetryStore;
    useTelemetry((started) => {
      store = started;
    }, target);

    const seconds = (n: number) => nineAm + n * 1000;
    const minutesFrom = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

    test.each([
      ['in the middle of a minute attests it and the one that its interval reaches into', seconds(90), 60, [0, 1]],
      // (time - interval, time] is open at its beginning: 09:00:00 itself is not in it.
      ['at the start of a minute attests that minute and the whole one before', seconds(60), 60, [0, 1]],
      ['with a short interval attests its own minute only', seconds(90), 10, [1]],
      ['with a short interval just after the start of a minute attests both', seconds(65), 10, [0, 1]],
      ['with a long interval attests all that it covers', seconds(600), 300, minutesFrom(5, 10)],
      ['attests an hour at most, whatever it promises', seconds(0), 86_400, minutesFrom(-60, 0)],
    ])('a heartbeat %s', async (_title, time, interval_seconds, minutes) => {
      const tenant = newTenant();
      await insertHeartbeats(store, [heartbeat(tenant, 'a', time, { interval_seconds })]);
      const points = minutes.map((minute) => [minute, 1]);
      expect(await derived(store, tenant, 'agent_up_ratio')).toEqual([
        { labels: { agent: 'a' }, aggregation: 'max', unit: '1', points },
      ]);
    });

    test('heartbeats that attest a minute many times leave it at 1, and a minute that none attests has no point', async () => {
      const tenant = newTenant();
      const beats = [0, 10, 20, 30, 300].map((s) => heartbeat(tenant, 'a', seconds(s), { interval_seconds: 10 }));
      await insertHeartbeats(store, beats.slice(0, 3));
      await insertHeartbeats(store, beats);
      const [series] = await derived(store, tenant, 'agent_up_ratio');
      expect(series!.points).toEqual([
        [-1, 1],
        [0, 1],
        [4, 1],
        [5, 1],
      ]);
    });

    test('attempts that end become finished and failed counts, with a 0 for each success', async () => {
      const tenant = newTenant();
      const build = (state: string, s: number, agent = 'a') => taskEvent(tenant, 'build', state, seconds(s), { agent });
      await insertTaskEvents(store, [
        build('queued', 0),
        build('started', 1),
        build('progressed', 2),
        build('succeeded', 3),
        build('succeeded', 4),
        build('failed', 61),
        build('retried', 62),
        build('failed', 63),
        build('dead', 64),
        build('succeeded', 5, 'b'),
      ]);
      const of = (agent: string, points: [number, number][]) => {
        return { labels: { agent, kind: 'build' }, aggregation: 'sum', unit: '1', points };
      };
      expect(await derived(store, tenant, 'tasks_finished_total')).toEqual([
        of('a', [
          [0, 2],
          [1, 2],
        ]),
        of('b', [[0, 1]]),
      ]);
      expect(await derived(store, tenant, 'tasks_failed_total')).toEqual([
        of('a', [
          [0, 0],
          [1, 2],
        ]),
        of('b', [[0, 0]]),
      ]);
      expect(await derived(store, tenant, 'tasks_dead_total')).toEqual([of('a', [[1, 1]])]);
      expect(await derived(store, tenant, 'task_queue_change')).toEqual([
        {
          labels: { kind: 'build' },
          aggregation: 'sum',
          unit: '1',
          points: [
            [0, 0],
            [1, 1],
          ],
        },
      ]);
    });

    test('durations of attempts become their 95th percentile by minute; an attempt without one is left out', async () => {
      const tenant = newTenant();
      const durations = Array.from({ length: 101 }, (_, i) => i);
      const events = durations.map((duration_seconds) =>
        taskEvent(tenant, 'build', 'succeeded', seconds(1) + duration_seconds, { duration_seconds }),
      );
      await insertTaskEvents(store, [...events, taskEvent(tenant, 'build', 'failed', seconds(2))]);
      const [series, ...others] = await derived(store, tenant, 'task_duration_seconds');
      expect(others).toEqual([]);
      expect(series).toMatchObject({ labels: { agent: 'worker-1', kind: 'build' }, aggregation: 'p95', unit: 's' });
      expect(series!.points).toEqual([[0, expect.closeTo(95, 0)]]);
    });

    test('what is derived is kept as long as what it comes from: raw_until and rollup_until as given', async () => {
      const tenant = newTenant();
      // The defaults of the API: 90 days for raw data and 400 for rollups.
      const today = mondayMs / dayMs;
      const until = { raw_until: today + 90, rollup_until: today + 400 };
      await store.command('SYSTEM STOP TTL MERGES');
      await insertHeartbeats(store, [heartbeat(tenant, 'a', nineAm, until)]);
      await insertTaskEvents(store, [
        taskEvent(tenant, 'build', 'succeeded', nineAm, { duration_seconds: 1, ...until }),
      ]);
      const untils = (columns: string, table: string) =>
        defineQuery({
          name: 'untils',
          sql: `SELECT ${columns} FROM ${table} WHERE tenant = {tenant:String} GROUP BY ALL`,
          params: z.object({ tenant: z.string() }),
          row: z.object({ raw: z.number().optional(), rollup: z.number() }),
        });
      const both = 'toUInt16(raw_until) AS raw, toUInt16(rollup_until) AS rollup';
      for (const table of ['heartbeats', 'task_events', 'samples']) {
        const rows = await store.query(untils(both, table), { tenant });
        expect(rows, table).toEqual([{ raw: today + 90, rollup: today + 400 }]);
      }
      for (const table of ['rollup_minute', 'rollup_hour']) {
        const rows = await store.query(untils('toUInt16(rollup_until) AS rollup', table), { tenant });
        expect(rows, table).toEqual([{ rollup: today + 400 }]);
      }
    });

    test('what is past its day is dropped, and what is not stays', async () => {
      const tenant = newTenant();
      await store.command('SYSTEM START TTL MERGES');
      const gone = { raw_until: 1, rollup_until: 1 };
      await insertHeartbeats(store, [heartbeat(tenant, 'gone', nineAm, gone)]);
      await insertHeartbeats(store, [heartbeat(tenant, 'kept', nineAm, { raw_until: 1 })]);
      for (const table of ['heartbeats', 'samples', 'rollup_minute', 'rollup_hour']) {
        await store.command(`OPTIMIZE TABLE ${table} FINAL`);
      }
      const counts = defineQuery({
        name: 'counts',
        sql: `SELECT (SELECT count() FROM heartbeats WHERE tenant = {tenant:String}) AS heartbeats,
          (SELECT count() FROM samples WHERE tenant = {tenant:String}) AS samples`,
        params: z.object({ tenant: z.string() }),
        row: z.object({ heartbeats: z.coerce.number(), samples: z.coerce.number() }),
      });
      expect(await store.query(counts, { tenant })).toEqual([{ heartbeats: 0, samples: 0 }]);
      const points = (await derived(store, tenant, 'agent_up_ratio')).map(({ labels, points }) => [
        labels.agent,
        points.length,
      ]);
      expect(points).toEqual([
        ['gone', 0],
        ['kept', 2],
      ]);
    });

    describe.each(Object.keys(grains) as Grain[])('rollups by %s', (grain) => {
      const { stepMs } = grains[grain];

      test.each(aggregations)(
        'of a series of %s are what TypeScript computes from its samples',
        async (aggregation) => {
          await fc.assert(
            fc.asyncProperty(samples(stepMs), async (batches) => {
              const tenant = newTenant();
              let id = '';
              for (const points of batches)
                id = await insertSeries(store, { tenant, metric: 'm', aggregation, points });
              const [row] = await store.query(pointsOfSeries[grain], {
                tenant,
                id,
                from: mondayMs,
                to: mondayMs + dayMs,
              });
              const expected = bucketsOf(batches.flat(), stepMs, aggregation);
              expect(row!.times).toEqual(expected.map(({ time }) => time));
              for (const [i, { check }] of expected.entries()) check(row!.values[i]!);
              // What jobs read as bytes is what the API reads as text.
              const [packed] = await store.queryPacked(pointsOfSelected[grain], {
                ...{ tenant, ids: [id, '1'], from: mondayMs, to: mondayMs + dayMs },
              });
              expect(packed!.id).toBe(id);
              expect([...packed!.points.times]).toEqual(row!.times);
              expect([...packed!.points.values]).toEqual(row!.values);
            }),
            { numRuns: 3, endOnFailure: true },
          );
        },
      );
    });

    test('raw points are the samples as they came, ascending', async () => {
      const tenant = newTenant();
      const points = [5, 1, 3].map((i) => ({ time: mondayMs + i, value: i / 3 }));
      const id = await insertSeries(store, { tenant, metric: 'm', points });
      const [row] = await store.query(rawPoints, { tenant, id, from: mondayMs + 1, to: mondayMs + 5 });
      expect(row).toEqual({ times: [mondayMs + 1, mondayMs + 3], values: [1 / 3, 1] });
    });
  });
});

interface Point {
  time: number;
  value: number;
}

/** Samples of a few buckets in two inserts; each has a time of its own. */
function samples(stepMs: number): fc.Arbitrary<Point[][]> {
  // Zero has one sign in the store.
  const value = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((each) => (each === 0 ? 0 : each));
  const point = fc.record({ time: fc.nat(3 * stepMs).map((offset) => mondayMs + offset), value });
  const points = fc.uniqueArray(point, { minLength: 2, maxLength: 300, selector: ({ time }) => time });
  return points.map((all) => [all.slice(0, all.length >> 1), all.slice(all.length >> 1)]);
}

interface Bucket {
  time: number;
  check(value: number): void;
}

function bucketsOf(points: readonly Point[], stepMs: number, aggregation: Aggregation): Bucket[] {
  const buckets = Map.groupBy(points, ({ time }) => Math.floor(time / stepMs) * stepMs);
  return [...buckets]
    .sort(([a], [b]) => a - b)
    .map(([time, content]) => ({ time, check: (value) => checkBucket(value, content, aggregation) }));
}

const exactly: Record<string, (points: readonly Point[]) => number> = {
  min: (points) => Math.min(...points.map(({ value }) => value)),
  max: (points) => Math.max(...points.map(({ value }) => value)),
  last: (points) => points.reduce((a, b) => (b.time > a.time ? b : a)).value,
};

function checkBucket(value: number, points: readonly Point[], aggregation: Aggregation): void {
  const sum = points.reduce((total, point) => total + point.value, 0);
  if (aggregation in exactly) {
    expect(value).toBe(exactly[aggregation]!(points));
  } else if (aggregation === 'sum' || aggregation === 'avg') {
    const expected = aggregation === 'sum' ? sum : sum / points.length;
    // Numbers are added in another order.
    expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-6);
  } else {
    checkQuantile(value, points, Number(aggregation.slice(1)) / 100);
  }
}

/** A quantile is an estimate (t-digest): within the ranks that are 2 of a hundred, or one value, to either side. */
function checkQuantile(value: number, points: readonly Point[], level: number): void {
  const values = points.map((point) => point.value).sort((a, b) => a - b);
  const rank = level * (values.length - 1);
  const slack = Math.max(1, 0.02 * values.length);
  // The digest holds values as Float32.
  const tolerance = 1e6 * 2 ** -23;
  expect(value).toBeGreaterThanOrEqual(values[Math.max(0, Math.floor(rank - slack))]! - tolerance);
  expect(value).toBeLessThanOrEqual(values[Math.min(values.length - 1, Math.ceil(rank + slack))]! + tolerance);
}
