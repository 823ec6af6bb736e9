import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSeriesAdmission } from '../../ingest/series-admission.ts';
import { StorableSeries } from '../../ingest/storable-series.ts';
import { seriesId } from '../../store/series-id.ts';

const hourMs = 3_600_000;
const start = Date.UTC(2026, 0, 5);
const roomy = {
  ...{ maxSeries: 1000, maxSeriesPerAgent: 1000, maxNewSeriesPerMinute: 1000, maxAgents: 1000 },
  ...{ maxLabels: 32, maxLabelNameLength: 100, maxLabelValueLength: 500 },
};

function admission(budget: Partial<typeof roomy> = {}) {
  return createSeriesAdmission({ budget: { ...roomy, ...budget }, activeHours: 24 });
}

function series(metric: string, labels: Record<string, string> = {}, tenant = 'default'): StorableSeries {
  const series_id = seriesId(tenant, metric, labels);
  return new StorableSeries({ tenant, metric, series_id, labels, aggregation: 'avg', unit: 's' });
}

describe('the admission of series', () => {
  test('lets a series within the budget keep its own name, again and again', () => {
    const { admit, sweep, usage } = admission({ maxSeries: 1 });
    const own = series('m', { agent: 'a' });
    for (let i = 0; i < 3; i++) expect(admit(own, start)).toBe(own);
    expect(sweep(start)).toEqual([]);
    expect(usage()).toEqual([{ tenant: 'default', series: 1 }]);
  });

  test('sends what is beyond the budget of the tenant to one series a metric, whose name and id agree', () => {
    const { admit, sweep } = admission({ maxSeries: 2 });
    for (const label of ['a', 'b']) admit(series('m', { label }), start);
    const overflow = admit(series('m', { label: 'c' }), start);
    expect(overflow).toMatchObject({
      isNamed: false,
      row: { metric: 'm', labels: { overflow: 'true' }, series_id: seriesId('default', 'm', { overflow: 'true' }) },
    });
    expect(admit(series('m', { label: 'd' }), start)).toBe(overflow);
    expect(admit(series('n'), start).row).toMatchObject({ metric: 'n', labels: { overflow: 'true' } });
    expect(sweep(start)).toEqual([{ tenant: 'default', limit: 'series', agent: '', metric: 'm', samples: 3 }]);
    expect(sweep(start)).toEqual([]);
  });

  test('holds one agent to its budget, and leaves the others alone', () => {
    const { admit, sweep } = admission({ maxSeriesPerAgent: 2 });
    for (const label of ['a', 'b', 'c']) admit(series('m', { agent: 'wild', label }), start);
    const calm = series('m', { agent: 'calm' });
    expect(admit(calm, start)).toBe(calm);
    expect(sweep(start)).toEqual([
      { tenant: 'default', limit: 'series_per_agent', agent: 'wild', metric: 'm', samples: 1 },
    ]);
  });

  test('lets in only so many new series a minute; in the next minute the rest may come', () => {
    const { admit, sweep } = admission({ maxNewSeriesPerMinute: 2 });
    const [a, b, c] = ['a', 'b', 'c'].map((label) => series('m', { label })) as [
      StorableSeries,
      StorableSeries,
      StorableSeries,
    ];
    expect([a, b, c].map((each) => admit(each, start) === each)).toEqual([true, true, false]);
    expect(sweep(start).map(({ limit }) => limit)).toEqual(['new_series_per_minute']);
    expect(admit(c, start + 60_000)).toBe(c);
  });

  test.each([
    ['labels', { maxLabels: 1 }, { a: '1', agent: 'wild' }],
    ['label_name_length', { maxLabelNameLength: 5 }, { abcdef: '1', agent: 'wild' }],
    ['label_value_length', { maxLabelValueLength: 4 }, { a: '12345', agent: 'wild' }],
  ])('sends a series beyond the limit of %s to the overflow series, and says whose it is', (limit, budget, labels) => {
    const { admit, sweep, usage } = admission(budget);
    const overflow = admit(series('m', labels), start);
    expect(overflow.row.labels).toEqual({ overflow: 'true' });
    expect(sweep(start)).toEqual([{ tenant: 'default', limit, agent: 'wild', metric: 'm', samples: 1 }]);
    expect(usage()).toEqual([]);
    const within = series('m', { b: '1' });
    expect(admit(within, start)).toBe(within);
  });

  test('holds a tenant to limits of labels of its own', () => {
    const { admit, setBudgets } = admission();
    setBudgets(new Map([['strict', { maxLabels: 1 }]]));
    const labels = { a: '1', b: '2' };
    expect(admit(series('m', labels, 'strict'), start).row.labels).toEqual({ overflow: 'true' });
    expect(admit(series('m', labels, 'other'), start).row.labels).toBe(labels);
  });

  test('keeps tenants apart', () => {
    const { admit } = admission({ maxSeries: 1 });
    admit(series('m', {}, 'one'), start);
    const other = series('m', {}, 'two');
    expect(admit(other, start)).toBe(other);
  });

  test('forgets a series that is silent for too long, which makes room for another', () => {
    const { admit, sweep, usage } = admission({ maxSeries: 2, maxSeriesPerAgent: 2 });
    const kept = series('m', { agent: 'a' });
    admit(kept, start);
    admit(series('m', { agent: 'a', label: 'silent' }), start);
    admit(kept, start + 20 * hourMs);
    sweep(start + 25 * hourMs);
    expect(usage()).toEqual([{ tenant: 'default', series: 1 }]);
    const next = series('m', { agent: 'a', label: 'next' });
    expect(admit(next, start + 25 * hourMs)).toBe(next);
    expect(admit(kept, start + 25 * hourMs)).toBe(kept);
  });

  test('counts what the store knew before the start', () => {
    const { admit, remember } = admission({ maxSeries: 1 });
    const old = series('m', { agent: 'a' });
    remember({ tenant: 'default', id: old.row.series_id, metric: 'm', agent: 'a', kind: '' }, start);
    expect(admit(old, start)).toBe(old);
    expect(admit(series('n'), start).row.labels).toEqual({ overflow: 'true' });
  });

  test('makes no more overflow series than a thousand, though names of metrics run wild', () => {
    const { admit } = admission({ maxSeries: 1 });
    const made = new Set<StorableSeries>();
    for (let i = 0; i < 5000; i++) made.add(admit(series(`m${i}`), start));
    // The one that was admitted, a thousand by metric, and the one that the rest shares.
    expect(made.size).toBe(1002);
    expect(admit(series('m4999'), start).row.metric).toBe('overflow_samples');
  });

  test('holds a tenant to its budget of agents, apart from that of series', () => {
    const { admit, admitAgent, sweep } = admission({ maxSeries: 1, maxAgents: 2 });
    admit(series('m'), start);
    const heartbeat = (agent: string, kind = '') => admitAgent('default', agent, kind, start);
    expect([heartbeat('a'), heartbeat('a'), heartbeat('b'), heartbeat('c')]).toEqual([
      undefined,
      undefined,
      undefined,
      'agents',
    ]);
    expect(heartbeat('a', 'run-tests')).toBe('agents');
    expect(admitAgent('other', 'c', '', start)).toBeUndefined();
    expect(sweep(start)).toEqual([{ tenant: 'default', limit: 'agents', agent: '', metric: '', samples: 2 }]);
  });

  test('knows agents and their kinds of tasks again by the series that are derived from them', () => {
    const { admitAgent, remember } = admission({ maxAgents: 2 });
    const derived = { tenant: 'default', id: '1', agent: 'a', kind: '' };
    remember({ ...derived, metric: 'agent_up_ratio' }, start);
    remember({ ...derived, metric: 'tasks_finished_total', kind: 'k' }, start);
    expect(admitAgent('default', 'a', '', start)).toBeUndefined();
    expect(admitAgent('default', 'a', 'k', start)).toBeUndefined();
    expect(admitAgent('default', 'b', '', start)).toBe('agents');
  });

  test('never remembers more than the budget, whatever comes', () => {
    const arrival = fc.record({ label: fc.nat(50), agent: fc.constantFrom('a', 'b', ''), minute: fc.nat(3000) });
    const budgets = fc.record({
      maxSeries: fc.integer({ min: 1, max: 20 }),
      maxSeriesPerAgent: fc.integer({ min: 1, max: 10 }),
      maxNewSeriesPerMinute: fc.integer({ min: 1, max: 10 }),
    });
    fc.assert(
      fc.property(budgets, fc.array(arrival, { maxLength: 200 }), (budget, arrivals) => {
        const { admit, sweep, usage } = admission(budget);
        for (const { label, agent, minute } of arrivals.sort((a, b) => a.minute - b.minute)) {
          const nowMs = start + minute * 60_000;
          const own = series('m', { label: String(label), ...(agent !== '' && { agent }) });
          const stored = admit(own, nowMs);
          expect(stored === own || stored.row.labels.overflow === 'true').toBe(true);
          if (minute % 7 === 0) sweep(nowMs);
          expect(usage()[0]!.series).toBeLessThanOrEqual(budget.maxSeries);
        }
      }),
      { numRuns: 50 },
    );
  });
});
