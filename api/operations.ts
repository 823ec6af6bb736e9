import { createRoute, z } from '@hono/zod-openapi';
import type { BodyGate } from '../ingest/body-gate.ts';
import type { Backlog, Writer } from '../ingest/writer.ts';
import { countEntities, probe } from '../store/queries/series.ts';
import { listReplicas } from '../store/records/replicas.ts';
import { listTenants } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { Health } from '../telemetry/health.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { exportBacklog } from './observe.ts';
import { problemResponses } from './problem.ts';
import { isoTime } from './values.ts';

export interface OperationsDeps {
  telemetry: TelemetryStore;
  state: StateStore;
  writer: Writer;
  bodyGate: Pick<BodyGate, 'bytes'>;
  metrics: Metrics;
  health: Health;
  log: Logger;
  version: string;
  startedAt: Date;
  now: () => Date;
  /** Which backend trains and runs the networks, and on how many threads. */
  models: () => { backend: string; backendInUse: string | null; threads: number };
  /** The metrics of a tenant's fleet, in Prometheus' text format. */
  fleetMetrics: (tenant: string) => Promise<string>;
  /** True once the service has begun to stop. */
  stopping: () => boolean;
}

interface Check {
  name: string;
  ok: boolean;
  detail: string;
}

const checkSchema = z.object({ name: z.string(), ok: z.boolean(), detail: z.string() });
const readySchema = z.object({ ready: z.boolean(), checks: z.array(checkSchema) }).openapi('Ready');
const healthSchema = z.object({ status: z.enum(['ok', 'degraded', 'down']) }).openapi('Health');
const statusSchema = z
  .object({
    version: z.string(),
    startedAt: isoTime,
    uptimeSeconds: z.number(),
    stores: z.object({ telemetry: z.string(), state: z.string() }),
    replicas: z
      .number()
      .int()
      .nullable()
      .openapi({ description: 'Processes that share the stores; null while the state store does not answer.' }),
    models: z.object({
      backend: z.string().openapi({ description: 'What was asked for: auto, native, wasm or cpu.' }),
      backendInUse: z
        .string()
        .nullable()
        .openapi({ description: 'What a worker could load; null until that is known.' }),
      threads: z.number(),
    }),
    ingest: z.object({
      queuedRows: z.number(),
      spoolBytes: z.number(),
      oldestSeconds: z.number().openapi({ description: 'For how long the oldest record waits to be stored.' }),
      storing: z.boolean().openapi({ description: 'false while ClickHouse does not take records.' }),
      refusing: z.string().nullable().openapi({ description: 'Why records are refused at the moment.' }),
    }),
    counts: z
      .object({ agents: z.number(), series: z.number() })
      .nullable()
      .openapi({ description: 'null while the telemetry store does not answer.' }),
    degradations: z.array(z.object({ component: z.string(), reason: z.string(), since: isoTime })),
  })
  .openapi('Status');

const tags = ['operations'];
const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

const livezRoute = createRoute({
  method: 'get',
  path: '/livez',
  summary: 'Whether the process runs',
  tags,
  responses: { 200: json(z.object({ live: z.literal(true) }), 'It runs') },
});
const readyzRoute = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'Whether requests can be served, and if not why',
  tags,
  responses: { 200: json(readySchema, 'Ready'), 503: json(readySchema, 'Not ready') },
});
const healthRoute = createRoute({
  method: 'get',
  path: '/health',
  summary: 'The state in one word: ok, degraded or down',
  tags,
  responses: { 200: json(healthSchema, 'ok or degraded'), 503: json(healthSchema, 'down') },
});
const statusRoute = createRoute({
  method: 'get',
  path: '/status',
  summary: 'What runs, on what, and what is degraded',
  tags,
  middleware: requireScope('read'),
  responses: { 200: json(statusSchema, 'Status'), ...problemResponses },
});

const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  summary: "Metrics of this process and of the tenant's fleet",
  tags,
  middleware: requireScope('read'),
  responses: {
    200: { description: "Prometheus' text format", content: { 'text/plain': { schema: z.string() } } },
    ...problemResponses,
  },
});

/** `GET /livez`, `/readyz`, `/health`: open to everybody, for they tell nothing of the data. */
export function createProbeRoutes({ telemetry, state, writer, health, stopping, log }: OperationsDeps) {
  async function runChecks(): Promise<Check[]> {
    const checks = await Promise.all([
      check('telemetry store', () => telemetry.query(probe, {}), log),
      check('state store', () => listTenants(state), log),
    ]);
    const detail = stopping() ? 'the service is stopping' : (writer.backlog().refusing ?? '');
    return [...checks, { name: 'accepting', ok: detail === '', detail }];
  }

  return createRouter()
    .openapi(livezRoute, (context) => context.json({ live: true as const }, 200))
    .openapi(readyzRoute, async (context) => {
      const checks = await runChecks();
      const ready = checks.every(({ ok }) => ok);
      return context.json({ ready, checks }, ready ? 200 : 503);
    })
    .openapi(healthRoute, async (context) => {
      if ((await runChecks()).some(({ ok }) => !ok)) return context.json({ status: 'down' as const }, 503);
      return context.json({ status: health.degradations().length > 0 ? ('degraded' as const) : ('ok' as const) }, 200);
    });
}

/** Whoever asks how the service is does not wait for long; Prometheus gives a scrape ten seconds. */
const answerTimeoutMs = 3000;

/** What a store says, or an error: one that does not answer in time is as good as away. */
async function inTime<T>(ask: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LateError(`no answer in ${answerTimeoutMs} ms`)), answerTimeoutMs);
  });
  return Promise.race([ask(), late]).finally(() => clearTimeout(timer));
}

class LateError extends Error {}

/** What a store said of its failure is the operator's, and stands in the log. */
async function check(name: string, ask: () => Promise<unknown>, log: Logger): Promise<Check> {
  try {
    await inTime(ask);
    return { name, ok: true, detail: '' };
  } catch (error) {
    if (error instanceof LateError) return { name, ok: false, detail: error.message };
    log.warn({ err: error, check: name }, 'not ready');
    return { name, ok: false, detail: 'the query failed; the log of the service says why' };
  }
}

/** `GET /status` and `GET /metrics`. What the process knows of itself is told also while a store is away: that is when it is asked. */
export function createStatusRoutes({
  telemetry,
  state,
  writer,
  bodyGate,
  metrics,
  health,
  log,
  version,
  startedAt,
  now,
  models,
  fleetMetrics,
}: OperationsDeps) {
  /** What the stores say, or undefined, and then that is logged and counts as degraded. */
  async function orNothing<T>(component: string, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await inTime(ask);
      health.recover(component);
      return answer;
    } catch (error) {
      health.degrade(component, 'the stores did not answer; the log of the service says why');
      log.error({ err: error }, `no ${component}`);
      return undefined;
    }
  }

  return createRouter()
    .openapi(statusRoute, async (context) => {
      const { tenant } = context.get('principal');
      const [rows, replicas] = await Promise.all([
        orNothing('counts of the fleet', () => telemetry.query(countEntities, { tenant })),
        orNothing('list of replicas', () => listReplicas(state, now())),
      ]);
      const body = {
        version,
        startedAt: startedAt.toISOString(),
        uptimeSeconds: (now().getTime() - startedAt.getTime()) / 1000,
        stores: { telemetry: telemetry.engine, state: state.engine },
        replicas: replicas === undefined ? null : Math.max(1, replicas.length),
        models: models(),
        ingest: ingestStatus(writer.backlog()),
        counts: rows?.[0] ?? null,
        degradations: health.degradations().map((each) => ({ ...each, since: each.since.toISOString() })),
      };
      return context.json(body, 200);
    })
    .openapi(metricsRoute, async (context) => {
      const { tenant } = context.get('principal');
      const fleet = (await orNothing('metrics of the fleet', () => fleetMetrics(tenant))) ?? '';
      exportBacklog(metrics, writer.backlog());
      metrics.ingestBodyBytes.set(bodyGate.bytes());
      const own = await metrics.registry.metrics();
      return context.text(`${own}\n${fleet}`, 200, { 'Content-Type': metrics.registry.contentType });
    });
}

function ingestStatus({ rows, bytes, ageSeconds, isFailing, refusing }: Backlog) {
  const state = { storing: !isFailing, refusing: refusing ?? null };
  return { queuedRows: rows, spoolBytes: bytes, oldestSeconds: ageSeconds, ...state };
}
