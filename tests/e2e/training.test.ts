import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { hasChdb } from '../support/servers.ts';
import { type Service, startService } from '../support/service.ts';

const hour = 3_600_000;
const now = Math.floor(Date.now() / hour) * hour;

describe.skipIf(!hasChdb())('while a network is trained', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ env: { FLEETCAST_JOBS_ENABLED: 'false', FLEETCAST_MODELS_BACKEND: 'wasm' } });
    const times = Array.from({ length: 28 * 24 }, (_, i) => now - (i + 1) * hour);
    for (let agent = 0; agent < 5; agent++) {
      const samples = times.map((time) => ({
        metric: 'load',
        agent: `agent-${agent}`,
        time,
        value: 50 + agent + 10 * Math.sin((2 * Math.PI * time) / (24 * hour)) + (time % 7),
      }));
      await post('/v1/samples', samples);
    }
  });
  afterAll(() => service?.kill());

  const get = async <T>(path: string) => (await (await fetch(service.url + path)).json()) as T;
  const post = (path: string, body: object) =>
    fetch(service.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  test('requests are served, the delay of the event loop is told, and the model is in use at the end', async () => {
    const run = (await (await post('/v1/jobs/train/runs', { from: now - hour, to: now })).json()) as { id: string };
    let served = 0;
    await eventually(
      async () => {
        const series = await get<{ items: unknown[] }>('/v1/series?limit=5');
        expect(series.items).toHaveLength(5);
        served++;
        return (await get<{ status: string }>(`/v1/jobs/train/runs/${run.id}`)).status === 'succeeded';
      },
      { what: 'the training', timeoutMs: 60_000 },
    );
    expect(served).toBeGreaterThan(1);
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(/^nodejs_eventloop_lag_p99_seconds [\d.]+$/m);
    expect(metrics).toMatch(
      /fleetcast_worker_task_duration_seconds_count\{task="train_seasonal_mlp",outcome="succeeded"\} 1/,
    );
    const { items } = await get<{ items: { kind: string; inUse: boolean; backend: string }[] }>('/v1/models');
    expect(items).toMatchObject([{ kind: 'seasonal-mlp', inUse: true, backend: 'wasm' }]);
    const { models } = await get<{ models: object }>('/status');
    expect(models).toMatchObject({ backend: 'wasm', backendInUse: 'wasm' });
  });
});
