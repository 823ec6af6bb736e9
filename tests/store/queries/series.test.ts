import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listAnomalies } from '../../../store/queries/detection.ts';
import { listForecasts } from '../../../store/queries/forecasts.ts';
import { listSeries, seriesByIds } from '../../../store/queries/series.ts';
import type { RowOf } from '../../../store/table.ts';
import { anomaliesTable, forecastsTable } from '../../../store/tables.ts';
import type { TelemetryStore } from '../../../store/telemetry.ts';
import { farDay, insertSeries, minuteMs, mondayMs } from '../rows.ts';
import { newTenant, startTelemetry, type TestTelemetry, telemetryEngines } from '../targets.ts';

const anySeries = { metric: '', labelNames: [], labelValues: [], afterMetric: '', afterId: '0', limit: 100 };
const endOfTime = 8_000_000_000_000;
const anyAnomaly = {
  ...{ id: '', series: '', metric: '', agent: '', from: 0, to: endOfTime, minScore: 0, open: 2, heldBack: 2 },
  ...{ beforeTime: endOfTime, beforeId: '', limit: 100 },
};

describe.each(telemetryEngines)('lists on $name', ({ isAvailable, ...target }) => {
  describe.skipIf(!isAvailable)('by cursor', () => {
    let telemetry: TestTelemetry;
    let store: TelemetryStore;
    let tenant: string;
    const ids: string[] = [];

    beforeAll(async () => {
      telemetry = await startTelemetry({ isAvailable, ...target });
      store = telemetry.store;
      tenant = newTenant();
      for (const metric of ['cpu', 'memory', 'disk']) {
        for (let i = 0; i < 5; i++) {
          const labels = { agent: `a${i}`, zone: i % 2 === 0 ? 'even' : 'odd' };
          const points = [0, 1].map((n) => ({ time: mondayMs + n * minuteMs, value: i }));
          ids.push(await insertSeries(store, { tenant, metric, labels, points }));
        }
      }
      // The names once more: a series that is described twice is one series.
      ids.push(
        await insertSeries(store, { tenant, metric: 'zombie', labels: {}, points: [{ time: mondayMs, value: 1 }] }),
      );
      await insertSeries(store, { tenant, metric: 'cpu', labels: { agent: 'a0', zone: 'even' }, points: [] });
      await insertSeries(store, { tenant: newTenant(), metric: 'cpu', points: [{ time: mondayMs, value: 1 }] });
    });
    afterAll(() => telemetry?.stop());

    test.each([1, 4, 16])(
      'pages of %d series give every series of the tenant once, by metric and id',
      async (limit) => {
        const seen: [string, string][] = [];
        for (;;) {
          const [afterMetric, afterId] = seen.at(-1) ?? ['', '0'];
          const page = await store.query(listSeries, { ...anySeries, tenant, afterMetric, afterId, limit });
          if (page.length === 0) break;
          seen.push(...page.map(({ metric, id }): [string, string] => [metric, id]));
        }
        expect(seen.map(([, id]) => id).sort()).toEqual([...ids].sort());
        const inOrder = [...seen].sort(([m1, i1], [m2, i2]) =>
          m1 === m2 ? (BigInt(i1) < BigInt(i2) ? -1 : 1) : m1 < m2 ? -1 : 1,
        );
        expect(seen).toEqual(inOrder);
      },
    );

    test('labels are matched all together, a label that a series lacks as blank', async () => {
      const found = async (labels: Record<string, string>, metric = '') => {
        const match = { labelNames: Object.keys(labels), labelValues: Object.values(labels) };
        return (await store.query(listSeries, { ...anySeries, ...match, tenant, metric })).length;
      };
      expect(await found({ zone: 'odd' })).toBe(6);
      expect(await found({ zone: 'odd' }, 'cpu')).toBe(2);
      expect(await found({ zone: 'odd', agent: 'a1' })).toBe(3);
      expect(await found({ zone: 'odd', agent: 'a0' })).toBe(0);
      expect(await found({ zone: '' })).toBe(1);
    });

    test('a series tells its name and when it was first and last heard of; an unknown id is left out', async () => {
      const found = await store.query(seriesByIds, { tenant, ids: [ids[0]!, '1'] });
      expect(found).toEqual([
        {
          id: ids[0],
          metric: 'cpu',
          labels: { agent: 'a0', zone: 'even' },
          aggregation: 'avg',
          unit: '',
          first_time: mondayMs,
          last_time: mondayMs + minuteMs,
        },
      ]);
      expect(await store.query(seriesByIds, { tenant: 'nobody', ids: [ids[0]!] })).toEqual([]);
    });

    function anomaly(series_id: string, minute: number, rest: Partial<RowOf<typeof anomaliesTable>> = {}) {
      const started_at = mondayMs + minute * minuteMs;
      return {
        ...{
          tenant,
          anomaly_id: `${series_id}-${minute}`,
          series_id,
          detector: 'd',
          started_at,
          ended_at: started_at + minuteMs,
        },
        ...{ peak_at: started_at, peak_score: 2, peak_value: 5, expected: 1, lower: 0, upper: 2, maturity: 1 },
        ...{ reason: '', as_of: started_at, until: farDay, withdrawn: 0, held_back_by: '', ...rest },
      };
    }

    describe('of anomalies', () => {
      beforeAll(async () => {
        // Three begin in each minute, so that a page ends between anomalies of one time.
        const rows = ids.slice(0, 15).map((id, i) => anomaly(id, Math.floor(i / 3)));
        await store.insert(anomaliesTable, rows);
        const open = anomaly(ids[0]!, 60, { ended_at: null, peak_score: 9 });
        await store.insert(anomaliesTable, [open]);
        await store.insert(anomaliesTable, [{ ...open, peak_score: 11, as_of: open.as_of + minuteMs }]);
        // An older window that is run again does not overrule a newer one.
        await store.insert(anomaliesTable, [{ ...open, peak_score: 9.5, as_of: open.as_of + 1 }]);
      });

      test.each([1, 2, 7])('pages of %d give every anomaly once, newest first', async (limit) => {
        const seen: { started_at: number; id: string }[] = [];
        for (;;) {
          const last = seen.at(-1);
          const cursor = last === undefined ? {} : { beforeTime: last.started_at, beforeId: last.id };
          const page = await store.query(listAnomalies, { ...anyAnomaly, ...cursor, tenant, limit });
          if (page.length === 0) break;
          seen.push(...page);
        }
        expect(new Set(seen.map(({ id }) => id)).size).toBe(16);
        expect(seen).toHaveLength(16);
        expect(seen.map(({ started_at }) => started_at)).toEqual(
          seen.map(({ started_at }) => started_at).sort((a, b) => b - a),
        );
      });

      test('the newest word on an anomaly counts, and filters find it', async () => {
        const found = (filter: Partial<typeof anyAnomaly>) =>
          store.query(listAnomalies, { ...anyAnomaly, tenant, ...filter });
        expect(await found({ open: 1 })).toMatchObject([
          { peak_score: 11, ended_at: null, metric: 'cpu', labels: { agent: 'a0' } },
        ]);
        expect(await found({ minScore: 10 })).toHaveLength(1);
        expect(await found({ open: 0 })).toHaveLength(15);
        expect(await found({ agent: 'a0' })).toHaveLength(4);
        expect(await found({ metric: 'disk' })).toHaveLength(5);
        expect(await found({ series: ids[0]! })).toHaveLength(2);
        // One that is open, or that ended within the time that is asked for, belongs to it.
        expect(await found({ from: mondayMs + 5 * minuteMs, to: mondayMs + 10 * minuteMs })).toHaveLength(3);
        expect(await found({ from: mondayMs + 90 * minuteMs })).toHaveLength(1);
      });
    });

    test('pages of forecasts give every series with one once, by its newest chosen forecast', async () => {
      const issue = (series_id: string, forecaster: string, chosen: number, issued_at: number, mase: number) => ({
        ...{ tenant, series_id, forecaster, issued_at, step_seconds: 3600, mean: [1], levels: [0.5], quantiles: [1] },
        ...{
          chosen,
          mase,
          naive_mase: 1,
          tested_steps: 1,
          folds: 1,
          members: '[]',
          replaced_because: '',
          until: farDay,
        },
      });
      await store.insert(
        forecastsTable,
        ids.flatMap((id) => [
          issue(id, 'old', 1, mondayMs, 1),
          issue(id, 'new', 1, mondayMs + 1, 0.5),
          issue(id, 'not', 0, mondayMs + 1, 2),
        ]),
      );
      const seen: { metric: string; series_id: string }[] = [];
      for (;;) {
        const { metric: afterMetric, series_id: afterId } = seen.at(-1) ?? { metric: '', series_id: '0' };
        const page = await store.query(listForecasts, { tenant, metric: '', afterMetric, afterId, limit: 5 });
        if (page.length === 0) break;
        for (const row of page) expect(row).toMatchObject({ forecaster: 'new', mase: 0.5, issued_at: mondayMs + 1 });
        seen.push(...page);
      }
      expect(seen.map(({ series_id }) => series_id).sort()).toEqual([...ids].sort());
    });
  });
});
