import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CardinalityWatch, createCardinalityWatch } from '../../api/cardinality-watch.ts';
import { createSeriesAdmission } from '../../ingest/series-admission.ts';
import { StorableSeries } from '../../ingest/storable-series.ts';
import { seriesId } from '../../store/series-id.ts';
import { createLogger } from '../../telemetry/log.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

interface Cardinality {
  activeSeries: number;
  budget: Record<string, number>;
  metrics: { metric: string; series: number }[];
  agents: { agent: string; series: number }[];
  labels: { label: string; values: number; series: number }[];
  overflows: { exceeded: string; agent: string; metric: string; samples: number; startedAt: string; lastAt: string }[];
}

describe.skipIf(!hasChdb())('the budget of series', () => {
  let service: TestApp;
  let watch: CardinalityWatch;
  let clockMs = Date.now();
  const now = () => new Date(clockMs);
  const cardinality = () => service.get<Cardinality>('/v1/cardinality');

  beforeAll(async () => {
    const env = {
      FLEETCAST_CARDINALITY_MAX_SERIES: '20',
      FLEETCAST_CARDINALITY_MAX_SERIES_PER_AGENT: '5',
      FLEETCAST_CARDINALITY_MAX_AGENTS: '3',
    };
    service = await startTestApp({ env, now });
    watch = createCardinalityWatch({ ...service, ...service.config, log: createLogger('silent'), now });
    const samples = Array.from({ length: 8 }, (_, i) => ({
      metric: i < 6 ? 'requests' : 'errors',
      agent: i < 6 ? 'wild' : 'calm',
      labels: { request: `r${i}`, zone: 'z' },
      value: i,
    }));
    expect((await service.post('/v1/samples', samples)).status).toBe(200);
    await watch.look();
  });
  afterAll(() => service?.close());

  test('is told with what uses it: metrics, agents and labels with the most series', async () => {
    const answer = await cardinality();
    expect(answer.activeSeries).toBe(8);
    expect(answer.budget).toMatchObject({ maxSeries: 20, maxSeriesPerAgent: 5, activeHours: 24 });
    expect(answer.metrics).toEqual([
      { metric: 'requests', series: 6 },
      { metric: 'errors', series: 2 },
    ]);
    expect(answer.agents).toEqual([
      { agent: 'wild', series: 5 },
      { agent: 'calm', series: 2 },
    ]);
    expect(answer.labels[0]).toEqual({ label: 'request', values: 7, series: 7 });
    expect(await service.get('/v1/cardinality?top=1')).toMatchObject({ metrics: [{ metric: 'requests' }] });
  });

  test('that is exceeded is an event, a metric and a degradation, until it has been calm for a minute', async () => {
    expect((await cardinality()).overflows).toMatchObject([
      { exceeded: 'series_per_agent', agent: 'wild', metric: 'requests', samples: 1 },
    ]);
    const metrics = await (await service.request('/metrics')).text();
    expect(metrics).toMatch(/fleetcast_overflow_samples_total\{limit="series_per_agent"\} 1\n/);
    expect(metrics).toMatch(/fleetcast_series_active\{tenant="default"\} 8\n/);
    expect(metrics).toMatch(/fleetcast_series_budget\{tenant="default"\} 20\n/);
    const components = () => service.health.degradations().map(({ component }) => component);
    expect(components()).toEqual(['cardinality']);
    clockMs += 30_000;
    await watch.look();
    expect(components()).toEqual(['cardinality']);
    clockMs += 31_000;
    await watch.look();
    expect(components()).toEqual([]);
  });

  test('goes on as one event while it is exceeded again and again, and is another after a pause', async () => {
    const overflow = async () => {
      const sample = { metric: 'requests', agent: 'wild', labels: { request: 'more' }, value: 1, time: Date.now() };
      await service.post('/v1/samples', sample);
      await watch.look();
    };
    await overflow();
    expect((await cardinality()).overflows.map(({ samples }) => samples)).toEqual([2]);
    clockMs += 11 * 60_000;
    await overflow();
    expect((await cardinality()).overflows.map(({ samples }) => samples)).toEqual([1, 2]);
  });

  test('of agents refuses the heartbeats and events of one too many, by name, and keeps the others', async () => {
    const heartbeats = ['a', 'b', 'c', 'd'].map((agent) => ({ agent }));
    const refused = await expectProblem(await service.post('/v1/heartbeats', heartbeats), 422);
    expect(refused).toMatchObject({ accepted: 3, refused: 1, errors: [{ pointer: '/3/agent' }] });
    expect((await service.post('/v1/heartbeats', { agent: 'a' })).status).toBe(200);
    const event = { task: 't', kind: 'k', state: 'queued', agent: 'e' };
    await expectProblem(await service.post('/v1/events', event), 422);
    await watch.look();
    const { overflows } = await cardinality();
    expect(overflows.find(({ exceeded }) => exceeded === 'agents')).toMatchObject({ agent: '', samples: 2 });
  });

  test('counts after a restart what there was before', async () => {
    const budget = {
      ...service.config.cardinality,
      ...{ maxSeries: 100, maxSeriesPerAgent: 5, maxNewSeriesPerMinute: 100, maxAgents: 10 },
    };
    const admission = createSeriesAdmission({ budget, activeHours: 24 });
    const restarted = createCardinalityWatch({
      ...service,
      ...service.config,
      admission,
      log: createLogger('silent'),
      now,
    });
    await restarted.warm();
    expect(admission.usage()).toEqual([{ tenant: 'default', series: 8 }]);
    const labels = { agent: 'wild', request: 'unheard of' };
    const row = { tenant: 'default', metric: 'm', labels, aggregation: 'avg', unit: '' };
    const series = new StorableSeries({ ...row, series_id: seriesId('default', 'm', labels) });
    expect(admission.admit(series, clockMs).row.labels).toEqual({ overflow: 'true' });
  });

  test("that is a tenant's own bounds its labels as well, which is an event like every other", async () => {
    const override = { maxSeries: 20, maxSeriesPerAgent: 5, maxAgents: 3, maxLabels: 2, maxLabelValueLength: 10 };
    const budget = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(override) };
    expect((await service.request('/v1/tenants/default/cardinality', budget)).status).toBe(200);
    await watch.look();
    const labels = [{ a: '1', b: '2', c: '3' }, { a: 'eleven char' }];
    const samples = labels.map((each) => ({ metric: 'wide', labels: each, value: 1 }));
    expect((await service.post('/v1/samples', samples)).status).toBe(200);
    await watch.look();
    const { overflows, budget: told } = await cardinality();
    expect(told).toMatchObject({ maxLabels: 2, maxLabelValueLength: 10, maxLabelNameLength: 100 });
    for (const exceeded of ['labels', 'label_value_length']) {
      expect(overflows).toContainEqual(expect.objectContaining({ exceeded, metric: 'wide', samples: 1 }));
    }
    const { items } = await service.get<{ items: { labels: object }[] }>('/v1/series?metric=wide');
    expect(items.map((series) => series.labels)).toEqual([{ overflow: 'true' }]);
  });
});
