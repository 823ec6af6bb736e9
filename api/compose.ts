import { join } from 'node:path';
import { createAgentReferences } from '../analytics/agent-reference.ts';
import { createForecastNetwork } from '../analytics/forecast-network.ts';
import type { Job } from '../analytics/job.ts';
import { createRunner, type Runner } from '../analytics/runner.ts';
import { createBodyGate } from '../ingest/body-gate.ts';
import { type CounterTotals, openCounterTotals } from '../ingest/counter-totals.ts';
import { createNativeIngest } from '../ingest/native.ts';
import { createOtlp } from '../ingest/otlp.ts';
import { createQuarantine } from '../ingest/quarantine.ts';
import { createRemoteWrite } from '../ingest/remote-write.ts';
import { createSeriesAdmission, type SeriesAdmission } from '../ingest/series-admission.ts';
import { openWriter, type Writer } from '../ingest/writer.ts';
import { createExplainer } from '../models/language/registry.ts';
import { createModelPool } from '../models/pool.ts';
import { createTenantLookup } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { createHealth, type Health } from '../telemetry/health.ts';
import type { Logger } from '../telemetry/log.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { createAllJobs } from './all-jobs.ts';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { renderFleetMetrics } from './fleet-metrics.ts';
import { createNetworkBackend, type NetworkBackend } from './network-backend.ts';
import { observeCounterTotals, observeModels, observeRefusals, observeWriter } from './observe.ts';
import { openStores } from './open-stores.ts';
import { availableMemoryBytes, createMemoryReading } from './process-memory.ts';
import { settledBy } from './read-after-writes.ts';
import { type StopBudget, stopBudget } from './stop-budget.ts';

export interface ComposeOptions {
  config: Config;
  log: Logger;
  version: string;
  /** Names this process among the replicas. */
  holder: string;
  now: () => Date;
  /** Whether the process is about to end, and is not to be sent requests. */
  stopping: () => boolean;
}

/** The parts of a service that is ready to be asked; nothing in it runs by itself yet. */
export interface Service {
  telemetry: TelemetryStore;
  state: StateStore;
  writer: Writer;
  admission: SeriesAdmission;
  totals: CounterTotals;
  jobs: readonly Job[];
  runner: Runner;
  backend: NetworkBackend;
  metrics: Metrics;
  health: Health;
  app: ReturnType<typeof createApp>;
  /** Stores what was taken, ends what runs and closes the stores. */
  close(budget?: StopBudget): Promise<void>;
}

/**
 * Puts the service together out of its settings, in the order in which its parts need one another. Who calls it lets it
 * listen, watch and run jobs by the clock.
 */
export async function compose({ config, log, version, holder, now, stopping }: ComposeOptions): Promise<Service> {
  const startedAt = now();
  const metrics = createMetrics(version);
  const health = createHealth(now, metrics.degraded);
  const { telemetry, state } = await openStores({ config, metrics, health, log, holder, now });
  const intake = await composeIntake({ config, telemetry, metrics, health, log, now });
  const { writer, totals, admission } = intake;

  const models = observeModels(createModelPool(config.models), metrics);
  const backend = createNetworkBackend({ pool: models, asked: config.models.backend, health, log });
  const { latenessSeconds } = config.jobs;
  const network = createForecastNetwork({ state, health, metrics, log });
  const references = createAgentReferences({ state, health, metrics, log });
  const jobs = createAllJobs(config, { telemetry, state, models, network, references, health, now });
  const settled = settledBy(writer);
  const runner = createRunner({ jobs, state, holder, now, latenessSeconds, settled, metrics, log });
  const forRequests = telemetry.within(config.clickhouse.readTimeoutSeconds);
  const app = createApp({
    auth: config.auth,
    limits: config.limits,
    cardinality: config.cardinality,
    liveness: config.liveness,
    detection: config.detection,
    streamStallMs: config.stream.stallSeconds * 1000,
    ...intake,
    metrics,
    health,
    log,
    version,
    startedAt,
    now,
    stopping,
    telemetry: forRequests,
    state,
    jobs,
    runner,
    latenessSeconds,
    tenantOf: createTenantLookup(state, now),
    maxBodyBytes: config.ingest.maxBodyBytes,
    explainer: createExplainer(config.language),
    pool: models,
    network,
    onDemandLimits: { maxRequests: config.models.onDemandRequests, timeoutSeconds: config.models.onDemandSeconds },
    models: () => ({
      backend: config.models.backend,
      backendInUse: backend.inUse(),
      threads: config.models.threads,
    }),
    fleetMetrics: (tenant) =>
      renderFleetMetrics({ ...config, telemetry: forRequests, state, jobs, latenessSeconds, now }, tenant),
  });

  async function close({ drainMs, jobsMs } = stopBudget(config.stopSeconds)): Promise<void> {
    const jobsEnded = runner.stop();
    await writer.close(drainMs);
    await totals.close();
    const giveUp = setTimeout(() => telemetry.giveUp(), jobsMs);
    await jobsEnded;
    clearTimeout(giveUp);
    await models.close();
    await state.close();
    await telemetry.close();
  }
  return { telemetry, state, writer, admission, totals, jobs, runner, backend, metrics, health, app, close };
}

interface IntakeDeps {
  config: Config;
  telemetry: TelemetryStore;
  metrics: Metrics;
  health: Health;
  log: Logger;
  now: () => Date;
}

/** What takes records: the writer, what stands before it, and an ingest for each protocol. */
async function composeIntake({ config, telemetry, metrics, health, log, now }: IntakeDeps) {
  const { activeHours, ...budget } = config.cardinality;
  const { quarantineDays: keepDays, spoolMaxBytes: maxBytes, maxBodiesBytes } = config.ingest;
  const { maxMemoryBytes = Math.floor(0.9 * availableMemoryBytes()) } = config.ingest;
  const writer = await openWriter({
    store: telemetry,
    spool: { folder: join(config.dataDir, 'spool'), maxBytes, ...config.ingest },
    ...config.ingest,
    ...observeWriter(metrics, health, log, { now, keepDays }),
  });
  const quarantine = createQuarantine({ writer, now, keepDays, onRefusal: observeRefusals(metrics) });
  const onWrite = observeCounterTotals(health, log);
  const totals = await openCounterTotals({ path: join(config.dataDir, 'counters'), onWrite });
  const admission = createSeriesAdmission({ budget, activeHours });
  const door = { writer, totals, admission, quarantine, now, ...config.ingest };
  const ingest = createNativeIngest(door);
  return {
    writer,
    totals,
    admission,
    bodyGate: createBodyGate({ maxBytes: maxBodiesBytes, maxMemoryBytes, memoryBytes: createMemoryReading() }),
    ingest,
    otlp: createOtlp({ ...door, ingest }),
    remoteWrite: createRemoteWrite(door),
    replay: { ingest, writer, now, keepDays },
  };
}
