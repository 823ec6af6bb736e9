import { SpanStatusCode } from '@opentelemetry/api';
import { AggregationTemporality } from '@opentelemetry/sdk-metrics';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Listening, listen } from '../../api/listen.ts';
import { defineQuery } from '../../store/query.ts';
import { createKey } from '../../store/records/api-keys.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { otlpEncodings, type SdkOptions, startSdk } from '../support/open-telemetry.ts';
import { hasChdb } from '../support/servers.ts';

const pointsOfAgent = defineQuery({
  name: 'test_points_of_agent',
  sql: `SELECT s.metric AS metric, any(s.labels) AS labels, toString(any(s.aggregation)) AS aggregation, any(s.unit) AS unit, groupArray(p.value) AS values
    FROM (SELECT series_id, time, value FROM samples FINAL ORDER BY time) AS p
    INNER JOIN (SELECT series_id, any(metric) AS metric, anyLast(series.labels) AS labels, anyLast(series.aggregation) AS aggregation, anyLast(series.unit) AS unit FROM series GROUP BY series_id) AS s USING (series_id)
    WHERE s.labels['agent'] = {agent:String} GROUP BY p.series_id, s.metric ORDER BY metric`,
  params: z.object({ agent: z.string() }),
  row: z.object({
    metric: z.string(),
    labels: z.record(z.string(), z.string()),
    aggregation: z.string(),
    unit: z.string(),
    values: z.array(z.number()),
  }),
});

const eventsOfAgent = defineQuery({
  name: 'test_events_of_agent',
  sql: `SELECT task, kind, state, duration_seconds, correlation_id, error, attributes FROM task_events FINAL
    WHERE agent = {agent:String} ORDER BY kind`,
  params: z.object({ agent: z.string() }),
  row: z.object({
    task: z.string(),
    kind: z.string(),
    state: z.string(),
    duration_seconds: z.number().nullable(),
    correlation_id: z.string(),
    error: z.string(),
    attributes: z.record(z.string(), z.string()),
  }),
});

/** The SDK's clock has milliseconds; two points of one time would be one. */
async function nextMillisecond(): Promise<void> {
  const now = Date.now();
  await eventually(() => Date.now() > now + 1, { intervalMs: 1 });
}

describe.skipIf(!hasChdb())('the OpenTelemetry SDK with its own exporters', () => {
  let service: TestApp;
  let server: Listening;

  beforeAll(async () => {
    service = await startTestApp();
    server = await listen(service.app, { host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    await server?.close();
    await service?.close();
  });

  const startNamed = (name: string, options: Partial<SdkOptions> & Pick<SdkOptions, 'encoding'>) => {
    const resource = {
      'service.name': name,
      'service.instance.id': '7',
      'deployment.environment.name': 'test',
      'process.pid': '1',
    };
    return startSdk({ url: server.url, resource, ...options });
  };
  /** The series of an agent by metric and, where there is one, quantile. */
  async function pointsOf(agent: string) {
    expect(await service.writer.caughtUp(30_000)).toBe(true);
    const rows = await service.telemetry.query(pointsOfAgent, { agent });
    return new Map(
      rows.map((row) => [row.labels.quantile === undefined ? row.metric : `${row.metric} ${row.labels.quantile}`, row]),
    );
  }

  describe.each(otlpEncodings)('in %s', (encoding) => {
    test('stores gauges, sums and histograms under the labels of resource and point', async () => {
      const name = `metrics-${encoding}`;
      const sdk = startNamed(name, { encoding });
      const meter = sdk.meters.getMeter('test');
      const gauge = meter.createGauge('queue.depth', { unit: '{job}' });
      const counter = meter.createCounter('jobs.done');
      const upDown = meter.createUpDownCounter('jobs.open');
      const histogram = meter.createHistogram('job.duration', { unit: 's' });
      gauge.record(3, { 'queue.name': 'a b', ok: true, list: ['x', 'y'] });
      counter.add(5);
      upDown.add(2);
      for (let i = 0; i < 10; i++) histogram.record(1);
      await nextMillisecond();
      await sdk.flush();
      await nextMillisecond();
      counter.add(2);
      upDown.add(-1);
      for (let i = 0; i < 4; i++) histogram.record(7);
      await sdk.shutdown();

      const points = await pointsOf(`${name}/7`);
      expect(points.get('queue.depth')).toMatchObject({
        labels: {
          agent: `${name}/7`,
          service_name: name,
          deployment_environment_name: 'test',
          queue_name: 'a b',
          ok: 'true',
          list: '["x","y"]',
        },
        aggregation: 'avg',
        unit: '{job}',
      });
      expect(Object.keys(points.get('queue.depth')!.labels)).not.toContain('process_pid');
      expect(points.get('jobs.done')).toMatchObject({ aggregation: 'sum', values: [5, 2] });
      expect(points.get('jobs.open')).toMatchObject({ aggregation: 'avg', values: [2, 1] });
      expect(points.get('job.duration_count')).toMatchObject({ aggregation: 'sum', values: [10, 4] });
      expect(points.get('job.duration_sum')).toMatchObject({ aggregation: 'sum', unit: 's', values: [10, 28] });
      // The SDK's bounds are 0, 5, 10, ...: seven lies in (5, 10], whose middle is the median of what came last.
      expect(points.get('job.duration 0.5')!.values.at(-1)).toBe(7.5);
    });

    test('stores exponential histograms as count, sum and quantiles, close to what was recorded', async () => {
      const name = `exponential-${encoding}`;
      const sdk = startNamed(name, { encoding, isExponential: true });
      const histogram = sdk.meters.getMeter('test').createHistogram('latency', { unit: 's' });
      for (let i = 1; i <= 1000; i++) histogram.record(i / 1000);
      await nextMillisecond();
      await sdk.shutdown();
      const points = await pointsOf(`${name}/7`);
      expect(points.get('latency_count')!.values).toEqual([1000]);
      for (const quantile of [0.5, 0.95, 0.99]) {
        const [value] = points.get(`latency ${quantile}`)!.values;
        expect(Math.abs(value! / quantile - 1)).toBeLessThan(0.02);
      }
    });

    test('stores delta sums as they are', async () => {
      const name = `delta-${encoding}`;
      const sdk = startNamed(name, { encoding, temporality: AggregationTemporality.DELTA });
      const counter = sdk.meters.getMeter('test').createCounter('jobs');
      counter.add(5);
      await nextMillisecond();
      await sdk.flush();
      await nextMillisecond();
      counter.add(2);
      await sdk.shutdown();
      expect((await pointsOf(`${name}/7`)).get('jobs')).toMatchObject({ aggregation: 'sum', values: [5, 2] });
    });

    test('stores spans of agents and tools as task events, and their tokens as samples', async () => {
      const name = `traces-${encoding}`;
      const sdk = startNamed(name, { encoding });
      const tracer = sdk.tracers.getTracer('test');
      const startTime = Date.now() - 5000;
      const span = (operation: string, attributes: Record<string, string | number>, error?: string) => {
        const started = tracer.startSpan(operation, {
          startTime,
          attributes: { 'gen_ai.operation.name': operation, ...attributes },
        });
        if (error !== undefined) started.setStatus({ code: SpanStatusCode.ERROR, message: error });
        started.end(startTime + 1500);
        return started.spanContext();
      };
      const usage = { 'gen_ai.usage.input_tokens': 100, 'gen_ai.usage.output_tokens': 20 };
      const agent = span('invoke_agent', { 'gen_ai.agent.name': 'planner', 'gen_ai.request.model': 'm', ...usage });
      span('execute_tool', { 'gen_ai.tool.name': 'search' }, 'timeout');
      span('chat', { 'gen_ai.request.model': 'm', ...usage });
      tracer.startSpan('GET /').end();
      await sdk.shutdown();

      const points = await pointsOf(`${name}/7`);
      const events = await service.telemetry.query(eventsOfAgent, { agent: `${name}/7` });
      expect(events).toMatchObject([
        { kind: 'execute_tool search', state: 'failed', duration_seconds: 1.5, error: 'timeout' },
        {
          kind: 'invoke_agent planner',
          task: agent.spanId,
          correlation_id: agent.traceId,
          state: 'succeeded',
          duration_seconds: 1.5,
          error: '',
          attributes: { gen_ai_request_model: 'm', gen_ai_usage_input_tokens: '100' },
        },
      ]);
      expect(points.get('gen_ai_operation_duration_seconds')).toMatchObject({ aggregation: 'p95', values: [1.5] });
      expect(points.get('gen_ai_tokens_total')).toMatchObject({ aggregation: 'sum', unit: '{token}' });
    });

    test('stores errors in logs as failures of the task that they name, and counts the others', async () => {
      const name = `logs-${encoding}`;
      const sdk = startNamed(name, { encoding });
      const logger = sdk.loggers.getLogger('test');
      logger.emit({
        severityNumber: 17,
        body: 'no space left',
        attributes: { 'task.id': 'build-1', 'task.kind': 'build', 'error.type': 'ENOSPC' },
      });
      const timestamp = Date.now();
      logger.emit({ severityNumber: 17, body: 'boom', timestamp });
      logger.emit({ severityNumber: 21, body: { nested: 'boom' }, timestamp });
      logger.emit({ severityNumber: 9, body: 'all is well' });
      await sdk.shutdown();

      const points = await pointsOf(`${name}/7`);
      expect(points.get('log_errors_total')).toMatchObject({ aggregation: 'sum', values: [2] });
      expect(await service.telemetry.query(eventsOfAgent, { agent: `${name}/7` })).toMatchObject([
        {
          task: 'build-1',
          kind: 'build',
          state: 'failed',
          error: 'no space left',
          attributes: { error_type: 'ENOSPC' },
        },
      ]);
    });
  });

  test('a span that is sent twice is one event', async () => {
    const sdk = startNamed('again', { encoding: 'json' });
    const span = sdk.tracers.getTracer('test').startSpan('execute_tool', {
      attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' },
    });
    span.end();
    await sdk.shutdown();
    const { traceId, spanId } = span.spanContext();
    const body = JSON.stringify({
      resourceSpans: [
        {
          resource: {
            attributes: [
              { key: 'service.name', value: { stringValue: 'again' } },
              { key: 'service.instance.id', value: { stringValue: '7' } },
            ],
          },
          scopeSpans: [
            {
              spans: [
                {
                  traceId,
                  spanId,
                  endTimeUnixNano: `${Date.now()}000000`,
                  attributes: [{ key: 'gen_ai.operation.name', value: { stringValue: 'execute_tool' } }],
                },
              ],
            },
          ],
        },
      ],
    });
    await service.request('/v1/traces', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(await service.writer.caughtUp(30_000)).toBe(true);
    expect(await service.telemetry.query(eventsOfAgent, { agent: 'again/7' })).toHaveLength(1);
  });
});

describe.skipIf(!hasChdb())('the exporters of the SDK that meet a 503', () => {
  let service: TestApp;
  let server: Listening;

  beforeAll(async () => {
    service = await startTestApp();
    server = await listen(service.app, { host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    await server?.close();
    await service?.close();
  });

  test('come again within the time that they have, and nothing is missing', async () => {
    const refused = async () => {
      const text = await service.metrics.registry.getSingleMetricAsString('fleetcast_pressure_refusals_total');
      return Number(/\{limit="service"\} (\d+)/.exec(text)?.[1] ?? 0);
    };
    service.writer.yieldTo({ closedFor: 'ClickHouse has too many parts to merge', slowerBy: 1 });
    const agents = otlpEncodings.map((encoding) => `refused-${encoding}`);
    const flushed = otlpEncodings.map((encoding, i) => {
      const sdk = startSdk({ url: server.url, resource: { 'service.name': agents[i]! }, encoding });
      sdk.meters.getMeter('test').createGauge('depth').record(1);
      const attributes = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' };
      sdk.tracers.getTracer('test').startSpan('execute_tool', { attributes }).end();
      sdk.loggers.getLogger('test').emit({ severityNumber: 17, body: 'x', attributes: { 'task.id': 't' } });
      return Promise.all([sdk.meters.forceFlush(), sdk.tracers.forceFlush(), sdk.loggers.forceFlush()]);
    });
    await eventually(async () => (await refused()) >= 6, { what: 'each export is refused' });
    service.writer.yieldTo({ closedFor: undefined, slowerBy: 1 });
    await Promise.all(flushed);
    expect(await service.writer.caughtUp(10_000)).toBe(true);
    for (const agent of agents) {
      const events = await service.telemetry.query(eventsOfAgent, { agent });
      expect(events.map(({ kind }) => kind)).toEqual(['execute_tool search', 'log']);
      const points = await service.telemetry.query(pointsOfAgent, { agent });
      expect(points.map(({ metric }) => metric)).toContain('depth');
    }
  });
});

describe.skipIf(!hasChdb())('the exporters of the SDK under a limit of one request a second', () => {
  const startedAt = new Date();
  let isStill = true;
  let service: TestApp;
  let server: Listening;

  beforeAll(async () => {
    const limits = { FLEETCAST_LIMITS_REQUESTS_PER_SECOND: '1', FLEETCAST_LIMITS_BURST_SECONDS: '1' };
    const env = { FLEETCAST_AUTH: 'required', ...limits };
    service = await startTestApp({ env, now: () => (isStill ? startedAt : new Date()) });
    server = await listen(service.app, { host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    await server?.close();
    await service?.close();
  });

  test.each(otlpEncodings)('come again when they are told to, in %s, and nothing is missing', async (encoding) => {
    isStill = true;
    const agent = `limited-${encoding}`;
    const grant = { tenant: 'default', name: agent, scopes: ['ingest'] as const };
    const { key } = await createKey(service.state, grant, startedAt);
    const refused = async () =>
      (await service.metrics.rateLimited.get()).values.reduce((sum, { value }) => sum + value, 0);
    const before = await refused();
    const sdk = startSdk({
      url: server.url,
      resource: { 'service.name': agent },
      encoding,
      headers: { 'x-auth-token': key },
    });
    sdk.meters.getMeter('test').createGauge('depth').record(1);
    const attributes = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' };
    sdk.tracers.getTracer('test').startSpan('execute_tool', { attributes }).end();
    sdk.loggers.getLogger('test').emit({ severityNumber: 17, body: 'x', attributes: { 'task.id': 't' } });
    const sent = sdk.shutdown();
    await eventually(async () => (await refused()) > before, { what: 'an export that is refused' });
    isStill = false;
    await sent;
    expect(await service.writer.caughtUp(10_000)).toBe(true);
    const events = await service.telemetry.query(eventsOfAgent, { agent });
    expect(events.map(({ kind }) => kind)).toEqual(['execute_tool search', 'log']);
    const points = await service.telemetry.query(pointsOfAgent, { agent });
    expect(points.map(({ metric }) => metric)).toContain('depth');
  });
});
