import { migrateState } from '../store/migrate-state.ts';
import { migrateTelemetry } from '../store/migrate-telemetry.ts';
import { storeBootstrapKey } from '../store/records/api-keys.ts';
import { ensureSlos } from '../store/records/slo-definitions.ts';
import { defaultTenant, ensureDefaultTenant } from '../store/records/tenants.ts';
import { openStateStore, type StateStore } from '../store/state.ts';
import { openTelemetryStore, type TelemetryStore } from '../store/telemetry.ts';
import type { Health } from '../telemetry/health.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Config } from './config.ts';
import { observeStatements } from './observe.ts';

export interface OpenStoresDeps {
  config: Config;
  metrics: Metrics;
  health: Health;
  log: Logger;
  /** Names this process among the replicas. */
  holder: string;
  now: () => Date;
}

/** For so long a ClickHouse server may say nothing to a job. */
const silenceSeconds = 60;

/** Opens both stores and brings them up to date: their schema, the default tenant and its objectives, the first key. */
export async function openStores({
  config,
  metrics,
  health,
  log,
  holder,
  now,
}: OpenStoresDeps): Promise<{ telemetry: TelemetryStore; state: StateStore }> {
  const { readTimeoutSeconds, insertTimeoutSeconds } = config.clickhouse;
  const telemetry = await openTelemetryStore({
    url: config.clickhouseUrl,
    timeoutSeconds: Math.max(silenceSeconds, readTimeoutSeconds, insertTimeoutSeconds),
    insertTimeoutSeconds,
    onStatement: observeStatements(metrics, health, log),
  });
  const state = openStateStore({ url: config.databaseUrl, holder, now });
  const migrated = [...(await migrateState(state)), ...(await migrateTelemetry(telemetry, now))];
  if (migrated.length > 0) log.info({ migrations: migrated }, 'stores migrated');
  await ensureDefaultTenant(state, config.retention, now());
  await ensureSlos(state, defaultTenant, now());
  if (config.bootstrapKey !== undefined) await storeBootstrapKey(state, config.bootstrapKey, now());
  return { telemetry, state };
}
