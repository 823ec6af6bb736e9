import { describe, expect, test } from 'vitest';
import { createDeriveJob } from '../../analytics/derive.ts';
import { createLivenessJob } from '../../analytics/liveness.ts';
import { createSloJob } from '../../analytics/slo.ts';
import { transitionsOf } from '../../store/queries/agents.ts';
import { listSeries } from '../../store/queries/series.ts';
import { ensureSlos } from '../../store/records/slo-definitions.ts';
import type { TelemetryStore } from '../../store/telemetry.ts';
import { heartbeat, insertHeartbeats, insertTaskEvents, minuteMs, readAll, taskEvent } from '../store/rows.ts';
import { newTenant, useTelemetry } from '../store/targets.ts';
import { hasChdb } from '../support/servers.ts';
import { minute, newTenantState, nine, runWindow, runWindows } from './workbench.ts';

const minutes = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => minute(from + i));

describe.skipIf(!hasChdb())('jobs over heartbeats and task events', () => {
  let telemetry: TelemetryStore;
  useTelemetry((started) => {
    telemetry = started;
  });

  describe('the slo job', () => {
    async function arrange() {
      const { tenant, state } = await newTenantState();
      await ensureSlos(state, tenant, new Date(nine));
      return { tenant, job: createSloJob({ telemetry, state, lateFactor: 2, forgetAfterDays: 7 }) };
    }

    /** A fleet of an hour: one agent all the time, one that stops, one with a gap, one that comes later and is slow. */
    function fleet(tenant: string) {
      const beat = (agent: string, n: number, interval_seconds = 60) =>
        heartbeat(tenant, agent, minute(n) + 5_000, { interval_seconds });
      const all = Array.from({ length: 60 }, (_, n) => n);
      return [
        ...all.map((n) => beat('steady', n)),
        ...all.filter((n) => n < 20).map((n) => beat('stops', n)),
        ...all.filter((n) => n < 10 || n >= 30).map((n) => beat('gap', n)),
        ...all.filter((n) => n >= 15 && n % 10 === 5).map((n) => beat('slow', n, 600)),
      ].sort((a, b) => a.time - b.time);
    }

    const strip = ({ tenant: _, ...row }: Record<string, unknown>) => row;
    const counts = async (tenant: string) => (await readAll(telemetry, 'slo_minutes', tenant)).map(strip);

    test('minute by minute, as heartbeats come, it counts what one window over all of them does', async () => {
      const [live, batch] = [await arrange(), await arrange()];
      const beats = fleet(live.tenant);
      for (let n = 0; n < 62; n++) {
        const arrived = beats.filter(({ time }) => time >= minute(n) && time < minute(n + 1));
        await insertHeartbeats(telemetry, arrived);
        await runWindow(live.job, minute(n), minute(n + 1));
      }
      await insertHeartbeats(telemetry, fleet(batch.tenant));
      expect(await runWindow(batch.job, minute(0), minute(62))).toEqual({ slos: 2 });
      const expected = await counts(batch.tenant);
      // Each job counts what lay before its first window too.
      const since = (rows: Record<string, unknown>[]) => rows.filter(({ bucket }) => Date.parse(`${bucket}Z`) >= nine);
      expect(since(await counts(live.tenant))).toEqual(since(expected));
      const availability = since(expected).filter(({ slo }) => slo === 'fleet-availability');
      const sum = (column: string) => availability.reduce((total, row) => total + Number(row[column]), 0);
      expect(availability).toHaveLength(62);
      // By hand. Good, of 62 minutes: steady 60; stops 20; gap 10 (0 to 9), 1 (29, attested by 09:30:05) and 30; slow 41
      // (15 to 55). Owed besides: stops 42 (20 to 61) and gap 19 (10 to 28). Of steady, gap and slow the minutes after
      // their last words (09:59:05, 09:59:05, 09:55:05) wait: the next ones are not late before 10:01:05 and 10:15:05,
      // and steady's and gap's are late at 10:02, which adds 60 and 61 of both.
      expect(sum('good')).toBe(60 + 20 + 41 + 41);
      expect(sum('total')).toBe(60 + 20 + 41 + 41 + 42 + 19 + 4);
      expect(sum('measured')).toBe(sum('total') - 2 * 3);
    });

    test('the same window again changes nothing', async () => {
      const { tenant, job } = await arrange();
      await insertHeartbeats(telemetry, fleet(tenant));
      await insertTaskEvents(telemetry, [
        taskEvent(tenant, 'build', 'failed', minute(1)),
        taskEvent(tenant, 'build', 'succeeded', minute(1)),
      ]);
      await runWindow(job, minute(0), minute(60));
      const before = await counts(tenant);
      await runWindow(job, minute(0), minute(60));
      await runWindow(job, minute(30), minute(40));
      expect(await counts(tenant)).toEqual(before);
      expect(before.filter(({ slo, total }) => slo === 'task-success' && total === 2)).toMatchObject([
        { good: 1, measured: 2 },
      ]);
    });
  });

  describe('the liveness job', () => {
    const job = () => createLivenessJob({ telemetry, lateFactor: 2, downFactor: 4 });

    test('records when agents became up, late and down, every quarter of a minute or in one go', async () => {
      const beats = (tenant: string) => [0, 1, 2, 9, 10].map((n) => heartbeat(tenant, 'a', minute(n)));
      const transitions = async (tenant: string) => {
        const rows = await telemetry.query(transitionsOf, { tenant, from: minute(-60), to: minute(60), limit: 100 });
        return rows.map(({ time, state }) => [(time - nine) / minuteMs, state]);
      };
      const expected = [
        [0, 'new'],
        [4, 'late'],
        [6, 'down'],
        [9, 'recovered'],
        [12, 'late'],
        [14, 'down'],
      ];
      const batch = newTenant();
      await insertHeartbeats(telemetry, beats(batch));
      await runWindow(job(), minute(-1), minute(20));
      expect(await transitions(batch)).toEqual(expected);
      const live = newTenant();
      await insertHeartbeats(telemetry, beats(live));
      await runWindows(
        job(),
        Array.from({ length: 85 }, (_, i) => minute(-1) + i * 15_000),
      );
      expect(await transitions(live)).toEqual(expected);
    });
  });

  describe('the derive job', () => {
    test('writes heartbeat gaps and queue depths as series of their own', async () => {
      const tenant = newTenant();
      await insertHeartbeats(
        telemetry,
        minutes(0, 3).map((time) => heartbeat(tenant, 'a', time)),
      );
      await insertTaskEvents(telemetry, [taskEvent(tenant, 'build', 'queued', minute(1))]);
      await runWindow(createDeriveJob({ telemetry }), minute(0), minute(4));
      const cursor = { labelNames: [], labelValues: [], afterMetric: '', afterId: '0', limit: 100, metric: '' };
      const series = await telemetry.query(listSeries, { tenant, ...cursor });
      expect(series.map(({ metric, labels, aggregation, unit }) => [metric, labels, aggregation, unit])).toEqual([
        ['agent_heartbeat_gap_seconds', { agent: 'a' }, 'max', 's'],
        ['agent_up_ratio', { agent: 'a' }, 'max', '1'],
        ['task_queue_change', { kind: 'build' }, 'sum', '1'],
        ['task_queue_depth', { kind: 'build' }, 'last', '1'],
      ]);
    });
  });
});
