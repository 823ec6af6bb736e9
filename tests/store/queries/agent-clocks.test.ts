import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../models/statistics/seeded-random.ts';
import { clockSkews, estimateClockSkews } from '../../../store/queries/agent-clocks.ts';
import { listAgents } from '../../../store/queries/agents.ts';
import type { TelemetryStore } from '../../../store/telemetry.ts';
import { heartbeat, hourMs, insertHeartbeats, minuteMs, mondayMs } from '../rows.ts';
import { newTenant, telemetryEngines, useTelemetry } from '../targets.ts';

const nine = mondayMs + 9 * hourMs;

describe.each(telemetryEngines)('clocks of agents on $name', (target) => {
  describe.skipIf(!target.isAvailable)('by their heartbeats', () => {
    let store: TelemetryStore;
    useTelemetry((started) => {
      store = started;
    }, target);

    /** Heartbeats of one agent: sent at seconds after nine by our clock, by a clock that is so far ahead, under way so long. */
    async function send(
      tenant: string,
      sent: readonly number[],
      { aheadSeconds = 0, delaySeconds = () => 0.02, agent = 'a' },
    ) {
      const rows = sent.map((second) =>
        heartbeat(tenant, agent, Math.round(nine + (second + aheadSeconds) * 1000), {
          received_at: Math.round(nine + (second + delaySeconds()) * 1000),
        }),
      );
      await insertHeartbeats(store, rows);
    }
    const everyMinute = Array.from({ length: 30 }, (_, i) => i * 60);
    const estimate = (to = nine + 30 * minuteMs) => store.run(estimateClockSkews, { to });
    const skewOf = async (tenant: string) => (await store.query(clockSkews, { tenant }))[0]?.skew_seconds;

    test.each([0, 90, -90, 500, -7200])('a clock that is %d seconds ahead is found out', async (aheadSeconds) => {
      const tenant = newTenant();
      await send(tenant, everyMinute, { aheadSeconds });
      await estimate();
      expect(await skewOf(tenant)).toBeCloseTo(aheadSeconds, 1);
    });

    test('a slow network is no skew: only the quickest heartbeats count', async () => {
      const tenant = newTenant();
      const random = seededRandom(7);
      // Every other heartbeat is up to twenty seconds under way.
      await send(tenant, everyMinute, { aheadSeconds: 5, delaySeconds: () => (random() < 0.5 ? 20 * random() : 0.02) });
      await estimate();
      expect(await skewOf(tenant)).toBeCloseTo(5, 0);
    });

    test('one odd heartbeat moves nothing', async () => {
      const tenant = newTenant();
      await send(tenant, everyMinute, {});
      await insertHeartbeats(store, [heartbeat(tenant, 'a', nine + 600_000, { received_at: nine + 61_000 })]);
      await estimate();
      expect(await skewOf(tenant)).toBeCloseTo(0, 1);
    });

    test.each<[string, () => readonly number[], { delaySeconds: () => number }]>([
      ['history that is sent at once', () => everyMinute, { delaySeconds: () => 0 }],
      ['two heartbeats', () => [0, 60], { delaySeconds: () => 0.02 }],
    ])('of %s nothing is said', async (title, sent, options) => {
      const tenant = newTenant();
      if (title.startsWith('history')) {
        const rows = sent().map((second) =>
          heartbeat(tenant, 'a', nine + second * 1000, { received_at: nine + 1790e3 }),
        );
        await insertHeartbeats(store, rows);
      } else await send(tenant, sent(), options);
      await estimate();
      expect(await skewOf(tenant)).toBeUndefined();
    });

    test('a clock that is set right is seen within the half hour; a window that runs again changes nothing', async () => {
      const tenant = newTenant();
      await send(tenant, everyMinute, { aheadSeconds: 120 });
      await send(
        tenant,
        everyMinute.map((second) => second + 3600),
        {},
      );
      await estimate();
      await estimate(nine + 90 * minuteMs);
      expect(await skewOf(tenant)).toBeCloseTo(0, 1);
      await estimate();
      expect(await skewOf(tenant)).toBeCloseTo(0, 1);
    });

    test('the age of a heartbeat is by our clock, whatever the clock of the agent says', async () => {
      const tenant = newTenant();
      await send(tenant, everyMinute, { aheadSeconds: 500, agent: 'ahead' });
      await send(tenant, everyMinute, { aheadSeconds: -500, agent: 'behind' });
      await estimate();
      const now = nine + (29 * 60 + 130) * 1000;
      const liveness = { now, lateFactor: 2, downFactor: 4, settleSeconds: 0, forgetAfterSeconds: 1e9 };
      const rows = await store.query(listAgents, { tenant, ...liveness, type: '', state: '', after: '', limit: 9 });
      expect(rows.map(({ agent, state }) => [agent, state])).toEqual([
        ['ahead', 'late'],
        ['behind', 'late'],
      ]);
      for (const { age_seconds } of rows) expect(age_seconds).toBeCloseTo(130, 0);
    });
  });
});
