import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createRunner } from '../analytics/runner.ts';
import { startScheduler } from '../analytics/scheduler.ts';
import { createNativeIngest } from '../ingest/native.ts';
import { createOtlp } from '../ingest/otlp.ts';
import { createQuarantine } from '../ingest/quarantine.ts';
import { createRemoteWrite } from '../ingest/remote-write.ts';
import { createSeriesAdmission } from '../ingest/series-admission.ts';
import { watchPressure } from '../ingest/store-pressure.ts';
import { openWriter } from '../ingest/writer.ts';
import { createExplainer } from '../models/language/registry.ts';
import { createModelPool } from '../models/pool.ts';
import { migrateState } from '../store/migrate-state.ts';
import { migrateTelemetry } from '../store/migrate-telemetry.ts';
import { storeBootstrapKey } from '../store/records/api-keys.ts';
import { ensureSlos } from '../store/records/slo-definitions.ts';
import { createTenantLookup, defaultTenant, ensureDefaultTenant } from '../store/records/tenants.ts';
import { openStateStore } from '../store/state.ts';
import { openTelemetryStore } from '../store/telemetry.ts';
import { createHealth } from '../telemetry/health.ts';
import { createLogger } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createAllJobs } from './all-jobs.ts';
import { createApp } from './app.ts';
import { startCardinalityWatch } from './cardinality-watch.ts';
import { type Config, loadConfig } from './config.ts';
import { renderFleetMetrics } from './fleet-metrics.ts';
import { listen } from './listen.ts';
import { findNetworkBackend } from './network-backend.ts';
import { observeModels, observePressure, observeRefusals, observeStatements, observeWriter } from './observe.ts';
import { settledBy } from './read-after-writes.ts';
import { ConfigError } from './settings.ts';
import { welcome } from './welcome.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Whoever stops us waits ten seconds, and then kills. */
const stopDeadlineMs = 9000;

/** The composition root: settings, telemetry, stores, migrations, jobs, app, listen. Shutdown is the reverse. */
async function main(config: Config): Promise<void> {
  const startedAt = new Date();
  const now = () => new Date();
  const holder = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;

  const log = createLogger(config.logLevel);
  const metrics = createMetrics(version);
  const health = createHealth(now, metrics.degraded);

  const telemetry = await openTelemetryStore({
    url: config.clickhouseUrl,
    onStatement: observeStatements(metrics, health, log),
  });
  const state = openStateStore({ url: config.databaseUrl, holder, now });
  const migrated = [...(await migrateState(state)), ...(await migrateTelemetry(telemetry, now))];
  if (migrated.length > 0) log.info({ migrations: migrated }, 'stores migrated');
  await ensureDefaultTenant(state, config.retention, now());
  await ensureSlos(state, defaultTenant, now());
  if (config.bootstrapKey !== undefined) await storeBootstrapKey(state, config.bootstrapKey, now());

  const models = observeModels(createModelPool(config.models), metrics);
  const only = config.models.backend === 'auto' ? undefined : config.models.backend;
  const backend = findNetworkBackend({ pool: models, only, health, log });
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
  const runner = createRunner({ jobs, state, holder, now, latenessSeconds, settled, metrics, log });

  const { activeHours, ...budget } = config.cardinality;
  const admission = createSeriesAdmission({ budget, activeHours });
  let stopping = false;
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
    maxBodyBytes: config.ingest.maxBodyBytes,
    jobs,
    runner,
    latenessSeconds,
    explainer: createExplainer(config.language),
    liveness: config.liveness,
    metrics,
    health,
    log,
    version,
    startedAt,
    now,
    pool: models,
    onDemandLimits: {
      maxRequests: config.models.onDemandRequests,
      timeoutSeconds: config.models.onDemandSeconds,
    },
    models: () => ({
      backend: config.models.backend,
      backendInUse: backend.inUse(),
      threads: config.models.threads,
    }),
    fleetMetrics: (tenant) => renderFleetMetrics({ ...config, telemetry, state, jobs, latenessSeconds, now }, tenant),
    stopping: () => stopping,
  });

  const stopWatch = await startCardinalityWatch({ ...config, admission, telemetry, state, health, metrics, log, now });
  const unwatch = watchPressure({
    store: telemetry,
    writer,
    ...config.ingest,
    onPressure: observePressure(metrics, health),
  });
  const server = await listen(app, config);
  const scheduler = config.jobs.enabled ? startScheduler(jobs, runner, log) : undefined;
  log.info(
    { url: server.url, telemetry: telemetry.engine, state: state.engine, version },
    `Fleetcast is ready on ${server.url}`,
  );
  if (process.stdout.isTTY) console.log(welcome(server.url, config));

  function failStop(error: unknown): never {
    log.error({ err: error }, 'could not stop in order');
    process.exit(1);
  }

  async function stop(signal: string): Promise<void> {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => {
      log.error('not all work ended in time; what was not stored was not acknowledged');
      process.exit(1);
    }, stopDeadlineMs).unref();
    stopWatch();
    const jobsEnded = Promise.all([scheduler?.stop(), runner.stop()]);
    await server.close();
    unwatch();
    await writer.close();
    await jobsEnded;
    await models.close();
    await state.close();
    await telemetry.close();
    log.info('stopped');
    process.exit(0);
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal).catch(failStop));
}

try {
  await main(loadConfig(undefined, undefined, process.argv.slice(2)));
} catch (error) {
  if (error instanceof ConfigError) console.error(error.message);
  else console.error('Fleetcast could not start:', error);
  process.exit(1);
}
