import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { countAvailability, countTaskSuccess, sloHistory, sloLatest, sloWindows } from '../../../store/queries/slos.ts';
import { defineQuery } from '../../../store/query.ts';
import type { HeartbeatRow } from '../../../store/tables.ts';
import type { TelemetryStore } from '../../../store/telemetry.ts';
import {
  farDay,
  heartbeat,
  hourMs,
  insertHeartbeats,
  insertTaskEvents,
  minuteMs,
  mondayMs,
  taskEvent,
} from '../rows.ts';
import { newTenant, telemetryEngines, useTelemetry } from '../targets.ts';

const nine = mondayMs + 9 * hourMs;
const minute = (n: number) => nine + n * minuteMs;
const slo = 'slo';

const counted = defineQuery({
  name: 'counted',
  sql: `SELECT toUnixTimestamp(bucket) * 1000 AS time, good, total, measured FROM slo_minutes FINAL WHERE tenant = {tenant:String} ORDER BY bucket`,
  params: z.object({ tenant: z.string() }),
  row: z.object({ time: z.coerce.number(), good: z.number(), total: z.number(), measured: z.number() }),
});

describe.each(telemetryEngines)('SLO minutes on $name', (target) => {
  describe.skipIf(!target.isAvailable)('are counted', () => {
    let store: TelemetryStore;
    useTelemetry((started) => {
      store = started;
    }, target);

    async function availability(
      tenant: string,
      from: number,
      to: number,
      { type = '', forgetAfterSeconds = 7 * 86_400 } = {},
    ) {
      const window = { tenant, slo, from: minute(from), to: minute(to), untilDay: farDay };
      await store.run(countAvailability, { ...window, type, lateFactor: 2, forgetAfterSeconds });
      return readCounts(tenant);
    }

    async function readCounts(tenant: string) {
      const rows = await store.query(counted, { tenant });
      return rows.map(({ time, good, total, measured }) => [(time - nine) / minuteMs, good, total, measured]);
    }

    /** A heartbeat 30 seconds into each of the minutes; with its interval of 30 it attests that minute alone. */
    const beats = (tenant: string, agent: string, minutes: readonly number[], rest: Partial<HeartbeatRow> = {}) =>
      minutes.map((n) => heartbeat(tenant, agent, minute(n) + 30_000, { interval_seconds: 30, ...rest }));

    describe('availability', () => {
      test('an agent owes each minute since its first heartbeat, also in the middle of the window', async () => {
        const tenant = newTenant();
        await insertHeartbeats(store, [...beats(tenant, 'a', [0, 1, 2, 3, 4]), ...beats(tenant, 'b', [2, 3, 4])]);
        expect(await availability(tenant, 0, 5)).toEqual([
          [0, 1, 1, 1],
          [1, 1, 1, 1],
          [2, 2, 2, 2],
          [3, 2, 2, 2],
          [4, 2, 2, 2],
        ]);
      });

      test('a heartbeat attests no minute before the first one of its agent', async () => {
        const tenant = newTenant();
        await insertHeartbeats(store, beats(tenant, 'a', [3], { interval_seconds: 300 }));
        expect(await availability(tenant, 2, 4)).toEqual([
          [2, 0, 0, 0],
          [3, 1, 1, 1],
        ]);
      });

      test('a gap is owed and not good', async () => {
        const tenant = newTenant();
        await insertHeartbeats(store, [...beats(tenant, 'a', [0, 3]), ...beats(tenant, 'b', [0, 1, 2, 3])]);
        expect(await availability(tenant, 0, 4)).toEqual([
          [0, 2, 2, 2],
          [1, 1, 2, 2],
          [2, 1, 2, 2],
          [3, 2, 2, 2],
        ]);
      });

      test('minutes after the last heartbeat wait until the next one is late, and then count, all of them', async () => {
        const tenant = newTenant();
        const patient = { interval_seconds: 120 };
        await insertHeartbeats(store, [
          ...beats(tenant, 'a', [0, 1, 2], patient),
          ...beats(tenant, 'b', [0, 1, 2, 3, 4, 5, 6, 7]),
        ]);
        // The last word of a came at 09:02:30; it is late at 09:06:30.
        expect(await availability(tenant, 0, 6)).toEqual([
          [0, 2, 2, 2],
          [1, 2, 2, 2],
          [2, 2, 2, 2],
          [3, 1, 1, 1],
          [4, 1, 1, 1],
          [5, 1, 1, 1],
        ]);
        expect((await availability(tenant, 0, 7)).slice(3)).toEqual([
          [3, 1, 2, 2],
          [4, 1, 2, 2],
          [5, 1, 2, 2],
          [6, 1, 2, 2],
        ]);
      });

      test('a late heartbeat that attests the minutes before makes them good after all', async () => {
        const tenant = newTenant();
        await insertHeartbeats(store, beats(tenant, 'a', [0], { interval_seconds: 120 }));
        expect((await availability(tenant, 0, 4)).map(([, good, total]) => [good, total])).toEqual([
          [1, 1],
          [0, 0],
          [0, 0],
          [0, 0],
        ]);
        await insertHeartbeats(store, beats(tenant, 'a', [3], { interval_seconds: 120 }));
        expect((await availability(tenant, 0, 4)).map(([, good, total]) => [good, total])).toEqual([
          [1, 1],
          [1, 1],
          [1, 1],
          [1, 1],
        ]);
      });

      test('while no agent at all is heard, what is owed is neither good nor measured', async () => {
        const tenant = newTenant();
        await insertHeartbeats(store, [...beats(tenant, 'a', [0, 3]), ...beats(tenant, 'b', [0, 3])]);
        expect(await availability(tenant, 0, 4)).toEqual([
          [0, 2, 2, 2],
          [1, 0, 2, 0],
          [2, 0, 2, 0],
          [3, 2, 2, 2],
        ]);
      });

      test('an agent that is forgotten owes no more', async () => {
        const tenant = newTenant();
        await insertHeartbeats(store, [...beats(tenant, 'a', [0]), ...beats(tenant, 'b', [0, 1, 2, 3, 4])]);
        const counts = await availability(tenant, 0, 5, { forgetAfterSeconds: 150 });
        // 150 s after 09:00:30 is 09:03:00.
        expect(counts.map(([, good, total]) => [good, total])).toEqual([
          [2, 2],
          [1, 2],
          [1, 2],
          [1, 1],
          [1, 1],
        ]);
      });

      test('a type selects its agents, and tenants do not mix', async () => {
        const [tenant, other] = [newTenant(), newTenant()];
        await insertHeartbeats(store, [
          ...beats(tenant, 'a', [0], { agent_type: 'testing' }),
          ...beats(tenant, 'b', [0], { agent_type: 'security' }),
          ...beats(other, 'a', [0], { agent_type: 'security' }),
        ]);
        expect(await availability(tenant, 0, 1, { type: 'security' })).toEqual([[0, 1, 1, 1]]);
      });

      test('a window that is counted again, or cut, gives the same once all of it is known', async () => {
        const [whole, cut] = [newTenant(), newTenant()];
        const agents = [[0, 1, 2, 6, 7, 8, 9], [3, 4, 8, 9], [9]];
        for (const tenant of [whole, cut]) {
          await insertHeartbeats(
            store,
            agents.flatMap((minutes, i) => beats(tenant, `a${i}`, minutes)),
          );
        }
        const expected = await availability(whole, 0, 10);
        for (const [from, to] of [
          [0, 3],
          [3, 4],
          [4, 10],
          [2, 7],
        ] as const)
          await availability(cut, from, to);
        expect(await readCounts(cut)).toEqual(expected);
        expect(await availability(whole, 0, 10)).toEqual(expected);
      });
    });

    describe('task success', () => {
      test('counts attempts that ended, of the kind that is selected, and minutes without any as zeros', async () => {
        const tenant = newTenant();
        const event = (kind: string, state: string, n: number) => taskEvent(tenant, kind, state, minute(n));
        await insertTaskEvents(store, [
          event('build', 'queued', 0),
          event('build', 'succeeded', 0.1),
          event('build', 'failed', 0.2),
          event('build', 'retried', 0.3),
          event('deploy', 'failed', 0.4),
          event('build', 'succeeded', 2.5),
        ]);
        const count = async (kind: string) => {
          const window = { tenant, slo, from: minute(0), to: minute(3), untilDay: farDay };
          await store.run(countTaskSuccess, { ...window, kind });
          return readCounts(tenant);
        };
        expect(await count('')).toEqual([
          [0, 1, 3, 3],
          [1, 0, 0, 0],
          [2, 1, 1, 1],
        ]);
        expect(await count('build')).toEqual([
          [0, 1, 2, 2],
          [1, 0, 0, 0],
          [2, 1, 1, 1],
        ]);
      });

      test('it is counted up to the end of the window though nothing happens: an old failure does not stay the latest', async () => {
        const tenant = newTenant();
        await insertTaskEvents(store, [taskEvent(tenant, 'build', 'failed', minute(0))]);
        await store.run(countTaskSuccess, { tenant, slo, from: minute(0), to: minute(90), untilDay: farDay, kind: '' });
        expect(await store.query(sloLatest, { tenant })).toEqual([{ slo, as_of: minute(90) }]);
      });
    });

    test('windows end at the time that is asked for, and each sums what lies within it', async () => {
      const tenant = newTenant();
      const failed = [1, 30, 59, 60].map((n) => taskEvent(tenant, 'build', 'failed', minute(-n)));
      await insertTaskEvents(store, [
        ...failed,
        taskEvent(tenant, 'build', 'succeeded', minute(-2)),
        taskEvent(tenant, 'build', 'failed', minute(0)),
      ]);
      await store.run(countTaskSuccess, {
        tenant,
        slo,
        from: minute(-120),
        to: minute(10),
        untilDay: farDay,
        kind: '',
      });
      const rows = await store.query(sloWindows, { tenant, slo, asOf: minute(0), windows: [3600, 60, 1800] });
      const bySeconds = Object.fromEntries(rows.map(({ seconds, ...counts }) => [seconds, counts]));
      expect(bySeconds).toEqual({
        60: { good: 0, total: 1, measured: 1 },
        1800: { good: 1, total: 3, measured: 3 },
        3600: { good: 1, total: 5, measured: 5 },
      });
      expect(await store.query(sloWindows, { tenant, slo: 'other', asOf: minute(0), windows: [60] })).toEqual([]);
      expect(await store.query(sloHistory, { tenant, slo, from: minute(-60), to: minute(60) })).toEqual([
        { time: minute(-60), good: 1, total: 5 },
        { time: minute(0), good: 0, total: 1 },
      ]);
    });
  });
});
