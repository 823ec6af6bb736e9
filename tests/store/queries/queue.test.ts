import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { deriveQueueDepth } from '../../../store/queries/queue.ts';
import { defineQuery } from '../../../store/query.ts';
import type { TaskEventRow } from '../../../store/tables.ts';
import type { TelemetryStore } from '../../../store/telemetry.ts';
import { hourMs, insertTaskEvents, minuteMs, mondayMs, taskEvent } from '../rows.ts';
import { newTenant, telemetryEngines, useTelemetry } from '../targets.ts';

/** Off the hour, so that windows begin within one. */
const start = mondayMs + 9 * hourMs + 30 * minuteMs;
const minute = (n: number) => start + n * minuteMs;

const depths = defineQuery({
  name: 'depths',
  sql: `SELECT labels['kind'] AS kind, toUnixTimestamp64Milli(p.time) AS time, p.value AS value FROM samples AS p FINAL
    INNER JOIN (
      SELECT series_id, anyLast(labels) AS labels FROM series WHERE tenant = {tenant:String} AND metric = 'task_queue_depth' GROUP BY series_id
    ) AS s USING (series_id)
    WHERE p.tenant = {tenant:String} ORDER BY kind, p.time`,
  params: z.object({ tenant: z.string() }),
  row: z.object({ kind: z.string(), time: z.coerce.number(), value: z.number() }),
});

describe.each(telemetryEngines)('the queue depth on $name', (target) => {
  describe.skipIf(!target.isAvailable)('by task events', () => {
    let store: TelemetryStore;
    useTelemetry((started) => {
      store = started;
    }, target);

    async function derive(tenant: string, from: number, to: number, cuts: readonly number[] = []) {
      const edges = [from, ...cuts, to];
      for (let i = 1; i < edges.length; i++) await store.run(deriveQueueDepth, { from: edges[i - 1]!, to: edges[i]! });
      return (await store.query(depths, { tenant })).map(({ kind, time, value }) => [
        kind,
        (time - start) / minuteMs,
        value,
      ]);
    }

    const event = (tenant: string, state: string, at: number, kind = 'build') =>
      taskEvent(tenant, kind, state, minute(at));

    test('is queued and retried less started, for every minute since the first event, quiet ones too', async () => {
      const tenant = newTenant();
      await insertTaskEvents(store, [
        event(tenant, 'queued', 1),
        event(tenant, 'queued', 1.5),
        event(tenant, 'started', 3),
        event(tenant, 'failed', 3.5),
        event(tenant, 'retried', 4),
        event(tenant, 'succeeded', 4.5),
      ]);
      expect(await derive(tenant, minute(0), minute(6))).toEqual([
        ['build', 1, 2],
        ['build', 2, 2],
        ['build', 3, 1],
        ['build', 4, 2],
        ['build', 5, 2],
      ]);
    });

    test('counts what lies before the window, from the first event on', async () => {
      const tenant = newTenant();
      const before = [-24 * 60, -91, -30.5, -30, -1].map((at) => event(tenant, 'queued', at));
      await insertTaskEvents(store, before);
      expect(await derive(tenant, minute(0), minute(2))).toEqual([
        ['build', 0, 5],
        ['build', 1, 5],
      ]);
    });

    test('never falls below 0, and keeps kinds apart', async () => {
      const tenant = newTenant();
      await insertTaskEvents(store, [event(tenant, 'started', 0, 'build'), event(tenant, 'queued', 0, 'deploy')]);
      expect(await derive(tenant, minute(0), minute(1))).toEqual([
        ['build', 0, 0],
        ['deploy', 0, 1],
      ]);
    });

    test('is the same for a window that is cut in any way, or run again', async () => {
      const change = fc.record({
        state: fc.constantFrom('queued', 'queued', 'started', 'retried', 'failed'),
        at: fc.double({ min: -200, max: 300, noNaN: true }),
        kind: fc.constantFrom('build', 'deploy'),
      });
      const cuts = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 30 }), cuts, async (changes, edges) => {
          const [whole, cut] = [newTenant(), newTenant()];
          const insert = (tenant: string) => {
            const rows = changes.map(
              ({ state, at, kind }): TaskEventRow => event(tenant, state, Math.round(at * 1000) / 1000, kind),
            );
            return insertTaskEvents(store, rows);
          };
          // A run writes for all tenants: the second comes after the run over the whole window.
          await insert(whole);
          const expected = await derive(whole, minute(0), minute(300));
          await insert(cut);
          expect(await derive(cut, minute(0), minute(300), edges.sort((a, b) => a - b).map(minute))).toEqual(expected);
          expect(await derive(whole, minute(0), minute(300))).toEqual(expected);
        }),
        { numRuns: 5, endOnFailure: true },
      );
    });
  });
});
