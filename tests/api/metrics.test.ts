import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { forecastScoresTable } from '../../store/tables.ts';
import { metricNames } from '../../telemetry/names.ts';
import { forecastScore, heartbeat, insertHeartbeats } from '../store/rows.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { findExecutable, hasChdb } from '../support/servers.ts';

const minute = 60_000;

describe.skipIf(!hasChdb())('/metrics', () => {
  let service: TestApp;
  let text: string;
  const scrape = async () => (await service.request('/metrics')).text();

  beforeAll(async () => {
    service = await startTestApp();
    const now = Date.now();
    await service.post('/v1/heartbeats', [
      { agent: 'up', type: 'testing', time: now },
      { agent: 'down', type: 'testing', time: now - 10 * minute },
      { agent: 'odd "name" \\ é', type: 'a=b,c' },
    ]);
    await service.post('/v1/samples', [{ metric: 'm', value: 1 }, { metric: 'm' }]);
    await service.post('/v1/events', [{ task: 't', kind: 'k', state: 'failed', eventId: 'sent twice' }]);
    await service.post('/v1/events', [{ task: 't', kind: 'k', state: 'failed', eventId: 'sent twice' }]);
    await service.request('/v1/nothing/at/all');
    await service.request('/v1/series/7');
    const window = { from: new Date(now - 30 * minute), to: new Date(now - minute) };
    const { id } = (await (await service.post('/v1/jobs/slo/runs', window)).json()) as { id: string };
    await eventually(
      async () => (await service.get<{ status: string }>(`/v1/jobs/slo/runs/${id}`)).status === 'succeeded',
    );
    const times = Array.from({ length: 60 }, (_, i) => now - (60 - i) * minute);
    await insertHeartbeats(
      service.telemetry,
      times.map((time) => heartbeat('default', 'ahead', time + 5000, { agent_type: 'clocks', received_at: time })),
    );
    await service.post(
      '/v1/samples',
      times.map((time, i) => ({ metric: 'load', value: i % 5, time })),
    );
    await service.telemetry.insert(forecastScoresTable, [forecastScore('default', '7', now - minute)]);
    for (const job of service.jobs) await service.runner.runDue(job);
    const broken = { name: 'broken', sql: 'SELECT FROM', params: z.object({}) };
    await expect(service.telemetry.run(broken, {})).rejects.toThrow();
    service.metrics.ingestSkipped.inc({ kind: 'remote_write', reason: 'stale' });
    service.metrics.rateLimited.inc({ limit: 'requests' });
    service.metrics.pressureRefusals.inc({ limit: 'spool' });
    service.metrics.overflowSamples.inc({ limit: 'series' });
    service.metrics.modelLoadFailures.inc({ kind: 'seasonal-mlp', version: 1 });
    service.health.degrade('training', 'for the test');
    text = await scrape();
  });
  afterAll(() => service?.close());

  test('is in the text format of Prometheus', async () => {
    const response = await service.request('/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    for (const line of text.split('\n').filter((each) => each !== '')) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|[a-zA-Z_:]\w*(\{.*\})? (-?[\d.]+(e[+-]?\d+)?|NaN|[+-]Inf))$/);
    }
  });

  test.skipIf(findExecutable('promtool') === undefined)(
    'is understood by promtool, which has nothing to say about our names',
    () => {
      const { status, stderr, error } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
      expect(error).toBeUndefined();
      // 3 is its code for advice, which the metrics of Node itself get.
      expect([0, 3], stderr).toContain(status);
      expect(stderr.split('\n').filter((line) => line.startsWith('fleetcast_'))).toEqual([]);
    },
  );

  test.each(Object.values(metricNames))('has %s, once described, with a value', (name) => {
    expect(text.split(`# TYPE ${name} `)).toHaveLength(2);
    expect(text.split(`# HELP ${name} `)).toHaveLength(2);
    expect(text).toMatch(new RegExp(`^${name}(_count|_sum|_bucket)?(\\{.*\\})? [\\d.-]`, 'm'));
  });

  test('has no metric of ours that the catalogue does not name', () => {
    const ours = [...text.matchAll(/^# TYPE (fleetcast_\w+) /gm)].map((match) => match[1]!);
    expect(ours.filter((name) => !Object.values<string>(metricNames).includes(name))).toEqual([]);
  });

  test('tells the state of each agent, whatever its name is made of', () => {
    expect(text).toContain('fleetcast_agent_up{tenant="default",type="testing",agent="up"} 1\n');
    expect(text).toContain('fleetcast_agent_up{tenant="default",type="testing",agent="down"} 0\n');
    expect(text).toContain('fleetcast_agent_up{tenant="default",type="a=b,c",agent="odd \\"name\\" \\\\ é"} 1\n');
    expect(text).toContain('fleetcast_agents{tenant="default",type="testing",state="new"} 1\n');
    expect(text).toContain('fleetcast_agents{tenant="default",type="testing",state="late"} 0\n');
  });

  test('tells how forecasts did, by forecaster and part of the horizon', () => {
    const labels = 'tenant="default",forecaster="combined",horizon="6h"';
    expect(text).toContain(`fleetcast_forecast_skill_ratio{${labels}} 0.5\n`);
    expect(text).toMatch(new RegExp(`^fleetcast_forecast_coverage_ratio\\{${labels},interval="0.8"\\} 0.7`, 'm'));
    expect(text).toContain('fleetcast_forecast_replaced_series{tenant="default"} 0\n');
  });

  test('names requests by their route, so that no caller can make labels without end', () => {
    const routes = new Set(
      [...text.matchAll(/fleetcast_http_request_duration_seconds_count\{route="([^"]+)"/g)].map((match) => match[1]!),
    );
    expect(routes).toContain('/v1/series/:id');
    expect(routes).toContain('unmatched');
    expect([...routes].filter((route) => /nothing|7/.test(route))).toEqual([]);
  });

  test('shows no queue once everything is stored', async () => {
    await service.get('/v1/agents');
    text = await scrape();
    expect(text).toContain('fleetcast_ingest_queued_rows 0\n');
    expect(text).toContain('fleetcast_spool_bytes 0\n');
  });

  test('counts records that were sent again, and those that were not taken', () => {
    expect(text).toContain('fleetcast_ingest_duplicates_total{table="task_events"} 1\n');
    expect(text).toContain('fleetcast_ingest_quarantined_total{source="native",reason="invalid",outcome="kept"} 1\n');
  });

  test('counts failed requests with their status', () => {
    expect(text).toMatch(
      /fleetcast_http_request_duration_seconds_count\{route="\/v1\/samples",method="POST",status="422"\} 1\n/,
    );
    expect(text).toMatch(
      /fleetcast_http_request_duration_seconds_count\{route="\/v1\/series\/:id",method="GET",status="404"\} 1\n/,
    );
  });

  test('says 1 while something is degraded, and 0 again afterwards', async () => {
    expect(text).toContain('fleetcast_degraded{component="training"} 1\n');
    expect(await service.get('/health')).toEqual({ status: 'degraded' });
    expect(await service.get('/status')).toMatchObject({
      degradations: [{ component: 'training', reason: 'for the test', since: expect.stringMatching(/Z$/) }],
      counts: { agents: 4 },
      stores: { telemetry: 'chdb', state: 'sqlite' },
    });
    service.health.recover('training');
    expect(await scrape()).toContain('fleetcast_degraded{component="training"} 0\n');
    expect(await service.get('/health')).toEqual({ status: 'ok' });
  });
});
