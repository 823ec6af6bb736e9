import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAgentReferences } from '../../analytics/agent-reference.ts';
import { vectorScoreMetric } from '../../analytics/agent-series.ts';
import { createDetectAgentsJob } from '../../analytics/detect-agents.ts';
import { createTrainAgentsJob } from '../../analytics/train-agents.ts';
import type { MultivariateId } from '../../models/multivariate/registry.ts';
import { seededRandom } from '../../models/statistics/seeded-random.ts';
import { listAnomalies } from '../../store/queries/detection.ts';
import { listModels } from '../../store/records/models.ts';
import { seriesId } from '../../store/series-id.ts';
import { createHealth } from '../../telemetry/health.ts';
import { createLogger } from '../../telemetry/log.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import {
  dayMs,
  heartbeat,
  hourMs,
  insertHeartbeats,
  insertSeries,
  minuteMs,
  mondayMs,
  readAll,
} from '../store/rows.ts';
import { hasChdb } from '../support/servers.ts';
import { newTenantState, runWindow, runWindows, startWorkbench, type Workbench } from './workbench.ts';

const trained = mondayMs + 3 * dayMs;
/** Within the hour after the training. */
const incident = { from: trained + 20 * minuteMs, to: trained + 40 * minuteMs };
const agents = ['a', 'b', 'c', 'd', 'e', 'f'];
type Change = (metric: string, value: number) => number;

describe.skipIf(!hasChdb())('the jobs of agents', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await startWorkbench();
  });
  afterAll(() => bench?.stop());

  /** Agents of one type: what they use follows what they do. During the incident, agent `c` has its values changed. */
  async function arrange({
    from = mondayMs,
    to = trained + 2 * hourMs,
    change = ((_, value) => value) as Change,
    versionOf = (_agent: string): string => '1.0.0',
  } = {}) {
    const { telemetry, models } = bench;
    const { tenant, state } = await newTenantState();
    const ids = new Map<string, string>();
    for (const [i, agent] of agents.entries()) {
      await insertHeartbeats(telemetry, [
        heartbeat(tenant, agent, from, { agent_type: 'crawler', version: versionOf(agent) }),
      ]);
      const random = seededRandom(i + 1);
      const times = Array.from({ length: (to - from) / minuteMs }, (_, k) => from + k * minuteMs);
      const load = times.map((time) => 50 + 30 * Math.sin((2 * Math.PI * time) / dayMs) + 4 * random());
      const metrics = { cpu_ratio: load.map((x) => x / 100), memory_bytes: load.map((x) => 1e6 * (x + random())) };
      for (const [metric, values] of Object.entries(metrics)) {
        const points = times.map((time, k) => {
          const isChanged = agent === 'c' && time >= incident.from && time < incident.to;
          return { time, value: isChanged ? change(metric, values[k]!) : values[k]! };
        });
        const labels = { agent, host: `host-${agent}` };
        ids.set(`${agent} ${metric}`, await insertSeries(telemetry, { tenant, metric, labels, points }));
      }
    }
    const metrics = createMetrics('test');
    const health = createHealth(() => new Date(trained), metrics.degraded);
    const references = createAgentReferences({ state, health, metrics, log: createLogger('silent') });
    const deps = { telemetry, state, models, references, excludeMetrics: ['agent_up_ratio'] };
    const trainBy = (detector: MultivariateId) =>
      createTrainAgentsJob({ ...deps, detector, backend: 'wasm', now: () => new Date(trained) });
    const anomalies = (minScore = 1) =>
      telemetry.query(listAnomalies, {
        ...{ id: '', series: '', metric: '', agent: '', from: 0, open: 2, heldBack: 2, beforeId: '', limit: 100 },
        ...{ tenant, minScore, to: to + dayMs, beforeTime: to + dayMs },
      });
    return {
      ...{ tenant, state, ids, anomalies, telemetry, health, trainBy },
      detect: createDetectAgentsJob(deps),
      anotherDetect: () => createDetectAgentsJob(deps),
    };
  }

  test('an agent that leaves its peers is found in its first hour, and nobody else is', async () => {
    const change: Change = (metric, value) => (metric === 'cpu_ratio' ? value + 0.9 : value);
    const { detect, ids, anomalies } = await arrange({ from: trained, change });
    const counts = await runWindow(detect, trained, trained + hourMs);
    expect(counts).toMatchObject({ agents: 6, cohorts: 2, anomalies: 1, withdrawn: 0 });
    expect(await anomalies()).toMatchObject([
      {
        series_id: ids.get('c cpu_ratio'),
        detector: 'peers',
        started_at: incident.from + minuteMs,
        ended_at: incident.to - minuteMs,
        maturity: expect.closeTo(0.5, 1),
        reason: expect.stringMatching(/spreads above what 5 others of its type show/),
      },
    ]);
  });

  test('an agent of a new version is judged by the old ones, by what heartbeats say of agents', async () => {
    const change: Change = (metric, value) => (metric === 'cpu_ratio' ? value + 0.9 : value);
    const versionOf = (agent: string) => (agent === 'c' ? '2.0.0' : '1.0.0');
    const { detect, ids, anomalies } = await arrange({ from: trained, change, versionOf });
    const counts = await runWindow(detect, trained, trained + hourMs);
    // Of each metric, the five of the old version, and these with the new one.
    expect(counts).toMatchObject({ cohorts: 4, anomalies: 1 });
    expect(await anomalies()).toMatchObject([{ series_id: ids.get('c cpu_ratio'), detector: 'peers' }]);
  });

  test.each(['neighbours', 'autoencoder'] as const)(
    'metrics that no longer belong together are found by a reference of %s, and the score is a series',
    { timeout: 180_000 },
    async (id) => {
      // Memory falls to what it is on quiet nights, while the load stays: no value is out of its range.
      const change: Change = (metric, value) => (metric === 'memory_bytes' ? 22e6 : value);
      const { trainBy, detect, anomalies, tenant, state, telemetry } = await arrange({ change });
      const train = trainBy(id);
      expect(await runWindow(train, trained - hourMs, trained)).toEqual({ types: 1, trained: 1, promoted: 1 });
      expect(await runWindow(train, trained - hourMs, trained)).toEqual({ types: 1, trained: 0, promoted: 0 });
      const models = await listModels(state, tenant, { kind: '', after: undefined, limit: 10 });
      const backend = id === 'autoencoder' ? 'wasm' : '';
      expect(models).toMatchObject([{ kind: 'agent-vectors-crawler', version: 1, inUse: true, backend }]);

      await runWindow(detect, trained, trained + hourMs);
      const found = (await anomalies(2)).filter(({ detector }) => detector === 'vectors');
      expect(found).toMatchObject([
        {
          series_id: seriesId(tenant, vectorScoreMetric, { agent: 'c' }),
          metric: vectorScoreMetric,
          labels: { agent: 'c' },
          reason: expect.stringMatching(/not what agents of its type show: .*memory_bytes \d+ %/),
        },
      ]);
      expect(found[0]!.started_at).toBeGreaterThanOrEqual(incident.from);
      expect(found[0]!.started_at).toBeLessThan(incident.from + 5 * minuteMs);
      const samples = await readAll(telemetry, 'samples', tenant);
      expect(samples.filter(({ series_id }) => String(series_id) === found[0]!.series_id)).toHaveLength(60);
    },
  );

  test('a damaged reference is told and not used, and the next training replaces it, by another detector too', {
    timeout: 180_000,
  }, async () => {
    const { trainBy, detect, tenant, state, health } = await arrange();
    await runWindow(trainBy('pca-residual'), trained - hourMs, trained);
    expect(await runWindow(trainBy('autoencoder'), trained - hourMs, trained)).toMatchObject({ trained: 1 });
    await state.db
      .updateTable('models')
      .set({ weights: Buffer.from('{"detector":"none"}') })
      .execute();
    expect(await runWindow(detect, trained, trained + minuteMs)).toMatchObject({ agents: 6 });
    expect(health.degradations()).toMatchObject([
      { component: 'agent vectors', reason: expect.stringContaining('agent-vectors-crawler version') },
    ]);
    expect(await runWindow(trainBy('neighbours'), trained - hourMs, trained)).toMatchObject({ promoted: 1 });
    await runWindow(detect, trained + minuteMs, trained + 2 * minuteMs);
    expect(health.degradations()).toEqual([]);
    const [latest] = await listModels(state, tenant, { kind: '', after: undefined, limit: 10 });
    expect(latest).toMatchObject({ version: 3, inUse: true, metadata: { detector: 'neighbours' } });
  });

  test('a window that is run twice, or in parts, or by another process, finds the same', async () => {
    const change: Change = (_, value) => 3 * value;
    const whole = await arrange({ from: trained, change });
    await runWindow(whole.detect, trained, trained + hourMs);
    const first = await whole.anomalies();
    expect(first).toHaveLength(2);
    await runWindow(whole.detect, trained, trained + hourMs);
    expect(await whole.anomalies()).toEqual(first);

    const parts = await arrange({ from: trained, change });
    const edges = [0, 15, 30, 31, 45, 60].map((minutes) => trained + minutes * minuteMs);
    await runWindows(parts.detect, edges.slice(0, 4));
    await runWindows(parts.anotherDetect(), edges.slice(3));
    const essence = (rows: Awaited<ReturnType<typeof whole.anomalies>>) =>
      rows
        .map(({ metric, started_at, ended_at, peak_score }) => [metric, started_at, ended_at, peak_score.toFixed(6)])
        .sort();
    expect(essence(await parts.anomalies())).toEqual(essence(first));
  });
});
