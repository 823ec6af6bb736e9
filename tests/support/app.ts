import { join } from 'node:path';
import type { Job } from '../../analytics/job.ts';
import { createRunner, type Runner } from '../../analytics/runner.ts';
import { createAllJobs } from '../../api/all-jobs.ts';
import { createApp } from '../../api/app.ts';
import { type Config, loadConfig } from '../../api/config.ts';
import { renderFleetMetrics } from '../../api/fleet-metrics.ts';
import { observeModels, observeRefusals, observeStatements, observeWriter } from '../../api/observe.ts';
import { settledBy } from '../../api/read-after-writes.ts';
import { createNativeIngest } from '../../ingest/native.ts';
import { createOtlp } from '../../ingest/otlp.ts';
import { createQuarantine } from '../../ingest/quarantine.ts';
import { createRemoteWrite } from '../../ingest/remote-write.ts';
import { createSeriesAdmission, type SeriesAdmission } from '../../ingest/series-admission.ts';
import { openWriter, type Writer } from '../../ingest/writer.ts';
import { createExplainer } from '../../models/language/registry.ts';
import { createModelPool } from '../../models/pool.ts';
import { migrateState } from '../../store/migrate-state.ts';
import { migrateTelemetry } from '../../store/migrate-telemetry.ts';
import { ensureSlos } from '../../store/records/slo-definitions.ts';
import { createTenantLookup, defaultTenant, ensureDefaultTenant } from '../../store/records/tenants.ts';
import { openStateStore, type StateStore } from '../../store/state.ts';
import { openTelemetryStore, type TelemetryStore } from '../../store/telemetry.ts';
import { createHealth, type Health } from '../../telemetry/health.ts';
import { createLogger } from '../../telemetry/log.ts';
import { createMetrics, type Metrics } from '../../telemetry/metrics.ts';
import { temporaryDirectory } from './temporary.ts';

export interface TestAppOptions {
  /** As the environment of the service gives it. */
  env?: Record<string, string>;
  now?: () => Date;
  stopping?: () => boolean;
}

export interface TestApp {
  config: Config;
  admission: SeriesAdmission;
  telemetry: TelemetryStore;
  writer: Writer;
  state: StateStore;
  jobs: readonly Job[];
  runner: Runner;
  metrics: Metrics;
  health: Health;
  app: ReturnType<typeof createApp>;
  /** A request without a socket. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** `GET` of a path that answers JSON. */
  get<T = Record<string, unknown>>(path: string): Promise<T>;
  /** `POST` of records as JSON. */
  post(path: string, records: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

/**
 * The application of the service over real stores, put together as `api/main.ts` does, without a socket and without the
 * scheduler. The data is in a temporary folder, which goes with it; `env` may name other stores.
 */
export async function startTestApp({
  env = {},
  now = () => new Date(),
  stopping = () => false,
}: TestAppOptions = {}): Promise<TestApp> {
  const directory = temporaryDirectory();
  const config = loadConfig({ FLEETCAST_DATA_DIR: directory.path, ...env });
  const version = '0.0.0-test';
  const log = createLogger('silent');
  const metrics = createMetrics(version);
  const health = createHealth(now, metrics.degraded);
  const telemetry = await openTelemetryStore({
    url: config.clickhouseUrl,
    onStatement: observeStatements(metrics, health, log),
  });
  const state = openStateStore({ url: config.databaseUrl, holder: 'test', now });
  await migrateState(state);
  await migrateTelemetry(telemetry, now);
  await ensureDefaultTenant(state, config.retention, now());
  await ensureSlos(state, defaultTenant, now());

  const models = observeModels(createModelPool({ ...config.models, threads: 1 }), metrics);
  const jobs = createAllJobs(config, { telemetry, state, models, health, now });
  const { latenessSeconds } = config.jobs;
  const keepDays = config.ingest.quarantineDays;
  const writer = await openWriter({
    store: telemetry,
    spool: { folder: join(config.dataDir, 'spool'), maxBytes: config.ingest.spoolMaxBytes, ...config.ingest },
    ...config.ingest,
    ...observeWriter(metrics, health, log, { now, keepDays }),
  });
  const quarantine = createQuarantine({ writer, now, keepDays, onRefusal: observeRefusals(metrics) });
  const settled = settledBy(writer);
  const runner = createRunner({ jobs, state, holder: 'test', now, latenessSeconds, settled, metrics, log });
  const { activeHours, ...budget } = config.cardinality;
  const admission = createSeriesAdmission({ budget, activeHours });
  const ingest = createNativeIngest({ writer, admission, quarantine, now, ...config.ingest });
  const app = createApp({
    auth: config.auth,
    limits: config.limits,
    telemetry,
    state,
    writer,
    ingest,
    otlp: createOtlp({ writer, admission, quarantine, ingest, now, ...config.ingest }),
    remoteWrite: createRemoteWrite({ writer, admission, quarantine, now, ...config.ingest }),
    replay: { ingest, writer, now, keepDays },
    cardinality: config.cardinality,
    tenantOf: createTenantLookup(state, now),
    latenessSeconds,
    maxBodyBytes: config.ingest.maxBodyBytes,
    jobs,
    runner,
    explainer: createExplainer(config.language),
    liveness: config.liveness,
    metrics,
    health,
    log,
    version,
    startedAt: now(),
    now,
    pool: models,
    onDemandLimits: {
      maxRequests: config.models.onDemandRequests,
      timeoutSeconds: config.models.onDemandSeconds,
    },
    models: () => ({ backend: 'auto', backendInUse: null, threads: 1 }),
    fleetMetrics: (tenant) => renderFleetMetrics({ ...config, telemetry, state, jobs, latenessSeconds, now }, tenant),
    stopping,
  });

  const request = async (path: string, init?: RequestInit) => app.request(path, init);
  return {
    config,
    admission,
    telemetry,
    writer,
    state,
    jobs,
    runner,
    metrics,
    health,
    app,
    request,
    async get<T>(path: string) {
      const response = await request(path);
      if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    },
    post: (path, records, headers = {}) =>
      request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(records),
      }),
    async close() {
      await writer.close();
      await runner.stop();
      await models.close();
      await state.close();
      await telemetry.close();
      directory.remove();
    },
  };
}
