import { describe, expect, test } from 'vitest';
import { burnRate, reportSlos } from '../../alerts/slo-report.ts';
import { countTaskSuccess } from '../../store/queries/slos.ts';
import type { SloDefinition } from '../../store/records/slo-definitions.ts';
import type { TelemetryStore } from '../../store/telemetry.ts';
import { dayMs, farDay, hourMs, insertSeries, minuteMs, mondayMs } from '../store/rows.ts';
import { newTenant, telemetryEngines, useTelemetry } from '../store/targets.ts';

const asOf = mondayMs + 30 * dayMs;

describe('burnRate', () => {
  test('is the error ratio over the one that is allowed (SRE workbook, chapter 5: 0.1 % errors of 0.1 % allowed burn at 1)', () => {
    expect(burnRate({ good: 999, total: 1000 }, 0.999)).toBeCloseTo(1, 10);
    expect(burnRate({ good: 0, total: 1000 }, 0.999)).toBeCloseTo(1000, 8);
    expect(burnRate({ good: 1000, total: 1000 }, 0.999)).toBe(0);
  });

  test('is null where nothing was owed: no data is neither good nor bad', () => {
    expect(burnRate({ good: 0, total: 0 }, 0.99)).toBeNull();
    expect(burnRate(undefined, 0.99)).toBeNull();
  });
});

describe.each(telemetryEngines)('reportSlos on $name', (target) => {
  describe.skipIf(!target.isAvailable)('by hand-computed numbers', () => {
    let store: TelemetryStore;
    useTelemetry((started) => {
      store = started;
    }, target);

    const definition = (tenant: string, objective: number): SloDefinition => ({
      ...{ tenant, id: 'success', name: '', description: '', indicator: 'task_success', selector: '' },
      ...{ objective, windowDays: 30 },
    });

    /** A hundred attempts every ten minutes of 30 days, of which `failedAt` tells how many failed. */
    async function report(tenant: string, objective: number, failedAt: (minutesBefore: number) => number) {
      const points = Array.from({ length: 30 * 144 }, (_, i) => asOf - (i + 1) * 10 * minuteMs);
      const labels = { agent: 'a', kind: 'build' };
      const series = { tenant, labels, aggregation: 'sum' as const };
      const failed = points.map((time) => ({ time, value: failedAt((asOf - time) / minuteMs) }));
      await insertSeries(store, {
        ...series,
        metric: 'tasks_finished_total',
        points: points.map((time) => ({ time, value: 100 })),
      });
      await insertSeries(store, { ...series, metric: 'tasks_failed_total', points: failed });
      const window = { tenant, slo: 'success', from: asOf - 30 * dayMs, to: asOf, untilDay: farDay };
      await store.run(countTaskSuccess, { ...window, kind: '' });
      return (await reportSlos(store, tenant, [definition(tenant, objective)]))[0]!;
    }

    test('nothing counted is nothing known', async () => {
      const tenant = newTenant();
      const [unknown] = await reportSlos(store, tenant, [definition(tenant, 0.99)]);
      expect(unknown).toMatchObject({
        asOf: null,
        measuredRatio: null,
        indicatorRatio: null,
        errorBudgetRemainingRatio: null,
      });
      expect(Object.values(unknown!.burnRates)).toEqual(Array(7).fill(null));
      expect(unknown!.alerts.some(({ firing }) => firing)).toBe(false);
    });

    test('errors at the rate that the objective allows burn at 1 and spend the budget in its window', async () => {
      const steady = await report(newTenant(), 0.99, () => 1);
      expect(steady).toMatchObject({ asOf, total: 432_000, good: 427_680, measuredRatio: 1, indicatorRatio: 0.99 });
      expect(steady.errorBudgetRemainingRatio).toBeCloseTo(0, 9);
      // The last attempts ended ten minutes ago.
      const { '5m': fiveMinutes, ...longer } = steady.burnRates;
      expect(fiveMinutes).toBeNull();
      for (const rate of Object.values(longer)) expect(rate).toBeCloseTo(1, 9);
      expect(steady.alerts.some(({ firing }) => firing)).toBe(false);
    });

    test('half of all attempts failing for 20 hours spends what is worked out by hand', async () => {
      // Objective 0.9: 10 % may fail. 20 h of 50 % burn at 5: above the 3 of a ticket over a day, below the 6 of a page.
      // In the day before: 20 h of 50 % and 4 h of 0 % are 41.67 %, a burn rate of 4.1667; over 3 days 13.89 %, 1.3889.
      // Of the budget of 30 days (43,200 attempts) 120 points of 50 failures have spent 6,000: 1 - 6000 / 43200 is left.
      const outage = await report(newTenant(), 0.9, (minutesBefore) => (minutesBefore <= 20 * 60 ? 50 : 0));
      expect(outage.burnRates['30m']).toBeCloseTo(5, 9);
      expect(outage.burnRates['6h']).toBeCloseTo(5, 9);
      expect(outage.burnRates['1d']).toBeCloseTo(4.1667, 4);
      expect(outage.burnRates['3d']).toBeCloseTo(1.3889, 4);
      expect(outage.errorBudgetRemainingRatio).toBeCloseTo(1 - 6000 / 43_200, 9);
      const firing = outage.alerts.map((alert) => [alert.severity, alert.long, alert.firing]);
      expect(firing).toEqual([
        ['page', '1h', false],
        ['page', '6h', false],
        ['ticket', '1d', true],
        ['ticket', '3d', true],
      ]);
    });

    test('a page needs both of its windows: it ends soon after the trouble does', async () => {
      // Objective 0.99, 2 h of 20 %: a burn rate of 20 over 1 h, of 6.67 over 6 h; for the last 30 minutes all is well.
      const tenant = newTenant();
      const over = await report(tenant, 0.99, (minutesBefore) => (minutesBefore > 30 && minutesBefore <= 150 ? 20 : 0));
      expect(over.burnRates['30m']).toBe(0);
      expect(over.burnRates['6h']).toBeCloseTo(20 / 3, 9);
      expect(over.alerts.find(({ long }) => long === '6h')).toMatchObject({ factor: 6, short: '30m', firing: false });
      // The same while it lasts.
      const during = await report(newTenant(), 0.99, (minutesBefore) => (minutesBefore <= 120 ? 20 : 0));
      expect(during.burnRates['30m']).toBeCloseTo(20, 9);
      expect(during.alerts.find(({ long }) => long === '6h')).toMatchObject({ firing: true });
    });

    test('a budget that is overspent is below 0', async () => {
      const overspent = await report(newTenant(), 0.99, () => 3);
      expect(overspent.errorBudgetRemainingRatio).toBeCloseTo(-2, 9);
    });

    test('reports come in the order of the definitions, each with its own numbers', async () => {
      const tenant = newTenant();
      await report(tenant, 0.99, () => 1);
      const definitions = [{ ...definition(tenant, 0.99), id: 'other' }, definition(tenant, 0.99)];
      const reports = await reportSlos(store, tenant, definitions);
      expect(reports.map(({ asOf: time }) => time)).toEqual([null, asOf]);
      expect(asOf % hourMs).toBe(0);
    });
  });
});
