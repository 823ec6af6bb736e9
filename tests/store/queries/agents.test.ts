import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { learnIntervals } from '../../../store/queries/agent-intervals.ts';
import { deriveHeartbeatGaps, insertTransitions, listAgents, transitionsOf } from '../../../store/queries/agents.ts';
import { defineQuery } from '../../../store/query.ts';
import { defineTable } from '../../../store/table.ts';
import type { HeartbeatRow } from '../../../store/tables.ts';
import type { TelemetryStore } from '../../../store/telemetry.ts';
import { dayMs, farDay, heartbeat, hourMs, insertHeartbeats, insertSeries, mondayMs, readAll } from '../rows.ts';
import { newTenant, telemetryEngines, useTelemetry } from '../targets.ts';

const agentClocksTable = defineTable('agent_clocks', {
  tenant: 'text',
  agent: 'text',
  skew_seconds: 'number',
  spread_seconds: 'number',
  heartbeats: 'number',
  as_of: 'time',
  until: 'date',
});
const liveness = { lateFactor: 2, downFactor: 4 };
const settleSeconds = 60;
const lookbackSeconds = 5 * 3600;
const nine = mondayMs + 9 * hourMs;
const at = (seconds: number) => nine + seconds * 1000;

/** Heartbeats at seconds after nine. */
const beats = (tenant: string, agent: string, seconds: readonly number[], rest: Partial<HeartbeatRow> = {}) =>
  seconds.map((second) => heartbeat(tenant, agent, at(second), rest));

describe.each(telemetryEngines)('agents on $name', (target) => {
  describe.skipIf(!target.isAvailable)('by their heartbeats', () => {
    let store: TelemetryStore;
    useTelemetry((started) => {
      store = started;
    }, target);

    function list(
      tenant: string,
      now: number,
      rest: Partial<{ type: string; state: string; after: string; limit: number }> = {},
    ) {
      const filters = { type: '', state: '', after: '', limit: 100, ...rest };
      return store.query(listAgents, {
        tenant,
        now,
        ...liveness,
        settleSeconds,
        forgetAfterSeconds: 7 * 86_400,
        ...filters,
      });
    }

    describe('listAgents', () => {
      test.each([
        [0, 'new'],
        [59.999, 'new'],
        [60, 'up'],
        [120, 'up'],
        [120.001, 'late'],
        [240, 'late'],
        [240.001, 'down'],
        [7 * 86_400 - 0.001, 'down'],
        [7 * 86_400, undefined],
      ])('%d seconds after a heartbeat that promised the next within 60, the agent is %s', async (seconds, state) => {
        const tenant = newTenant();
        await insertHeartbeats(store, beats(tenant, 'a', [0]));
        expect((await list(tenant, at(seconds))).map((agent) => agent.state)).toEqual(
          state === undefined ? [] : [state],
        );
      });

      test('a heartbeat ahead of our clock is as old as now', async () => {
        const tenant = newTenant();
        await insertHeartbeats(store, beats(tenant, 'a', [0]));
        expect(await list(tenant, at(-5))).toMatchObject([{ age_seconds: 0, state: 'new' }]);
      });

      test('tells the last word of each agent, in whatever order its heartbeats came', async () => {
        const tenant = newTenant();
        const last = {
          version: '2',
          status: 'degraded',
          interval_seconds: 30,
          labels: { zone: 'b' },
          agent_type: 'workflow',
        };
        await insertHeartbeats(store, [heartbeat(tenant, 'a', at(60), last)]);
        await insertHeartbeats(store, beats(tenant, 'a', [0, 30], { labels: { zone: 'a' } }));
        expect(await list(tenant, at(61))).toEqual([
          {
            agent: 'a',
            type: 'workflow',
            version: '2',
            status: 'degraded',
            interval_seconds: 30,
            expected_seconds: 30,
            labels: { zone: 'b' },
            first_seen: at(0),
            last_seen: at(60),
            age_seconds: 1,
            clock_skew_seconds: null,
            state: 'up',
          },
        ]);
      });

      test('pages give every agent once, in the order of their names; filters and tenants keep others out', async () => {
        const tenant = newTenant();
        const names = Array.from({ length: 11 }, (_, i) => `agent-${i}`);
        const rows = names.map((name, i) =>
          heartbeat(tenant, name, at(0), { agent_type: i % 2 === 0 ? 'even' : 'odd' }),
        );
        await insertHeartbeats(store, [...rows, heartbeat(newTenant(), 'other', at(0))]);
        const seen: string[] = [];
        for (let page = await list(tenant, at(0), { limit: 3 }); page.length > 0; ) {
          seen.push(...page.map(({ agent }) => agent));
          page = await list(tenant, at(0), { limit: 3, after: seen.at(-1)! });
        }
        expect(seen).toEqual(names.sort());
        expect(await list(tenant, at(0), { type: 'odd' })).toHaveLength(5);
        expect(await list(tenant, at(0), { state: 'down' })).toEqual([]);
        expect(await list(tenant, at(241), { state: 'down' })).toHaveLength(11);
      });
    });

    test('an agent that is heard after it was down has recovered at once, and is up when it has settled', async () => {
      const tenant = newTenant();
      await insertHeartbeats(store, beats(tenant, 'a', [0, 60, 600, 660, 720]));
      const window = { from: at(-60), lookbackSeconds, ...liveness };
      const state = async (seconds: number) => (await list(tenant, at(seconds))).map((agent) => agent.state);
      await store.run(insertTransitions, { ...window, to: at(590) });
      expect(await state(600)).toEqual(['recovered']);
      await store.run(insertTransitions, { ...window, to: at(800) });
      expect(await state(600 + settleSeconds - 1)).toEqual(['recovered']);
      expect(await state(600 + settleSeconds)).toEqual(['up']);
    });

    /** Writes the transitions of `[from, to)`, cut at the given times, and reads those of the tenant. */
    async function transitions(tenant: string, from: number, to: number, cuts: readonly number[] = []) {
      const edges = [from, ...cuts, to];
      for (let i = 1; i < edges.length; i++) {
        await store.run(insertTransitions, { from: edges[i - 1]!, to: edges[i]!, lookbackSeconds, ...liveness });
      }
      const rows = await store.query(transitionsOf, { tenant, from, to, limit: 10_000 });
      return rows.map(({ agent, time, state }) => [agent, (time - nine) / 1000, state]);
    }

    describe('transitions', () => {
      test('an agent that stops is late after two intervals and down after four, and up when it is back', async () => {
        const tenant = newTenant();
        await insertHeartbeats(store, beats(tenant, 'a', [0, 60, 120, 600, 660, 720]));
        expect(await transitions(tenant, at(-60), at(800))).toEqual([
          ['a', 0, 'new'],
          ['a', 240, 'late'],
          ['a', 360, 'down'],
          ['a', 600, 'recovered'],
        ]);
      });

      test('a heartbeat exactly when the next would be late keeps the agent up', async () => {
        const tenant = newTenant();
        await insertHeartbeats(store, beats(tenant, 'a', [0, 120, 240.001]));
        expect(await transitions(tenant, at(-60), at(300))).toEqual([
          ['a', 0, 'new'],
          ['a', 240, 'late'],
          ['a', 240.001, 'up'],
        ]);
      });

      test('the promise of the last heartbeat counts, not that of a later one', async () => {
        const tenant = newTenant();
        await insertHeartbeats(store, beats(tenant, 'a', [0], { interval_seconds: 10 }));
        await insertHeartbeats(store, beats(tenant, 'a', [100], { interval_seconds: 600 }));
        expect(await transitions(tenant, at(-60), at(600))).toEqual([
          ['a', 0, 'new'],
          ['a', 20, 'late'],
          ['a', 40, 'down'],
          ['a', 100, 'recovered'],
        ]);
      });

      test('an agent whose clock is wrong is judged by ours, and one that wavers by seconds is taken as right', async () => {
        const tenant = newTenant();
        const clock = { tenant, spread_seconds: 0, heartbeats: 10, as_of: at(0), until: farDay };
        await store.insert(agentClocksTable, [
          { ...clock, agent: 'ahead', skew_seconds: 3601 },
          { ...clock, agent: 'wavers', skew_seconds: 3 },
        ]);
        await insertHeartbeats(store, [
          ...beats(tenant, 'ahead', [3600, 3660, 3720]),
          ...beats(tenant, 'wavers', [0, 60]),
        ]);
        expect(await transitions(tenant, at(-60), at(400))).toEqual([
          ['ahead', 0, 'new'],
          ['wavers', 0, 'new'],
          ['wavers', 180, 'late'],
          ['ahead', 240, 'late'],
          ['wavers', 300, 'down'],
          ['ahead', 360, 'down'],
        ]);
      });

      test('an agent that keeps no promise is judged by what it does, and one that was out for a while is not', async () => {
        const tenant = newTenant();
        const hours = [1, 2, 3, 4, 5].map((hour) => -hour * 3600);
        // Gaps of up to 200 s, though 60 are promised; and one of 1,000 s in a single hour.
        const slow = hours.flatMap((start) => [0, 100, 300, 400].map((second) => start + second));
        const out = hours.flatMap((start) => [0, 60, 120, 180].map((second) => start + second));
        await insertHeartbeats(store, [
          ...beats(tenant, 'slow', [...slow, 0]),
          ...beats(tenant, 'out', [...out, -2600, 0]),
        ]);
        for (const [agent, seconds] of [
          ['slow', [200, 200, 200, 200, 200]],
          ['out', [60, 60, 60, 1000, 60]],
        ] as const) {
          const points = hours.map((start, i) => ({ time: at(start), value: seconds[i]! }));
          await insertSeries(store, {
            tenant,
            metric: 'agent_heartbeat_gap_seconds',
            labels: { agent },
            points,
            aggregation: 'max',
          });
        }
        await store.run(learnIntervals, { hour: at(0) });
        const late = (await transitions(tenant, at(0), at(1000))).filter(([, , state]) => state === 'late');
        expect(late).toEqual([
          ['out', 120, 'late'],
          ['slow', 400, 'late'],
        ]);
        expect(await list(tenant, at(390))).toMatchObject([
          { agent: 'out', state: 'down' },
          { agent: 'slow', state: 'up' },
        ]);
      });

      test('are a function of the heartbeats: a window cut in any way, or run again, gives the same', async () => {
        const second = fc.integer({ min: 0, max: 12 * 3600 });
        const agent = fc.record({
          agent: fc.constantFrom('a', 'b'),
          seconds: fc.array(second, { minLength: 1, maxLength: 12 }),
          interval_seconds: fc.constantFrom(1, 15, 60, 900, 3600),
        });
        const cuts = fc.array(second, { maxLength: 4 }).map((given) => given.sort((a, b) => a - b).map(at));
        await fc.assert(
          fc.asyncProperty(fc.array(agent, { minLength: 1, maxLength: 4 }), cuts, async (agents, edges) => {
            const [whole, cut] = [newTenant(), newTenant()];
            const insert = (tenant: string) =>
              insertHeartbeats(
                store,
                agents.flatMap(({ agent: name, seconds, ...rest }) => beats(tenant, name, seconds, rest)),
              );
            const range = [at(0), at(20 * 3600)] as const;
            // A run writes for all tenants: the second comes after the run over the whole window.
            await insert(whole);
            const expected = await transitions(whole, ...range);
            await insert(cut);
            expect(await transitions(cut, ...range, edges)).toEqual(expected);
            expect(await transitions(whole, ...range)).toEqual(expected);
          }),
          { numRuns: 6, endOnFailure: true },
        );
      });
    });

    const gaps = defineQuery({
      name: 'gaps',
      sql: `SELECT toUnixTimestamp64Milli(p.time) AS time, p.value AS value FROM samples AS p FINAL
        INNER JOIN (SELECT DISTINCT series_id FROM series WHERE tenant = {tenant:String} AND metric = 'agent_heartbeat_gap_seconds') AS s USING (series_id)
        WHERE p.tenant = {tenant:String} ORDER BY p.time`,
      params: z.object({ tenant: z.string() }),
      row: z.object({ time: z.coerce.number(), value: z.number() }),
    });

    describe('heartbeat gaps', () => {
      async function derive(tenant: string, from: number, to: number, cuts: readonly number[] = []) {
        const edges = [from, ...cuts, to];
        for (let i = 1; i < edges.length; i++) {
          await store.run(deriveHeartbeatGaps, { from: edges[i - 1]!, to: edges[i]!, lookbackSeconds });
        }
        return (await store.query(gaps, { tenant })).map(({ time, value }) => [(time - nine) / 1000, value]);
      }

      test('are the seconds since the heartbeat before, of the same agent', async () => {
        const tenant = newTenant();
        await insertHeartbeats(store, [...beats(tenant, 'a', [0, 60, 121.5]), ...beats(tenant, 'b', [30])]);
        expect(await derive(tenant, at(0), at(600))).toEqual([
          [60, 60],
          [121.5, 61.5],
        ]);
      });

      test('an agent that was silent for longer than is looked back begins anew, without a gap', async () => {
        const tenant = newTenant();
        await insertHeartbeats(store, beats(tenant, 'a', [0, lookbackSeconds, 2 * lookbackSeconds + 1]));
        expect(await derive(tenant, at(-1), at(86_400))).toEqual([[lookbackSeconds, lookbackSeconds]]);
      });

      test('are the same for a window that is cut in any way, or run again', async () => {
        const second = fc.integer({ min: 0, max: 30 * 3600 });
        const cuts = fc.array(second, { maxLength: 4 }).map((given) => given.sort((a, b) => a - b).map(at));
        const seconds = fc.uniqueArray(second, { minLength: 2, maxLength: 12 });
        await fc.assert(
          fc.asyncProperty(seconds, cuts, async (given, edges) => {
            const [whole, cut] = [newTenant(), newTenant()];
            await insertHeartbeats(store, beats(whole, 'a', given));
            const expected = await derive(whole, at(0), at(31 * 3600));
            await insertHeartbeats(store, beats(cut, 'a', given));
            expect(await derive(cut, at(0), at(31 * 3600), edges)).toEqual(expected);
            expect(await derive(whole, at(0), at(31 * 3600))).toEqual(expected);
          }),
          { numRuns: 6, endOnFailure: true },
        );
      });
    });

    test('heartbeats that came twice are one heartbeat', async () => {
      const tenant = newTenant();
      const rows = beats(tenant, 'a', [0, 60]);
      await insertHeartbeats(store, rows);
      await insertHeartbeats(store, rows);
      expect(await readAll(store, 'heartbeats', tenant)).toHaveLength(2);
      expect(await transitions(tenant, at(0), at(130))).toEqual([['a', 0, 'new']]);
      expect(await list(tenant, at(dayMs / 1000))).toHaveLength(1);
    });
  });
});
