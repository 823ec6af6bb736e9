import { sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import * as foundation from './schema/state/0001_foundation.ts';
import * as modelRegistry from './schema/state/0002_model_registry.ts';
import * as auditLog from './schema/state/0003_audit_log.ts';
import * as keyLifecycle from './schema/state/0004_key_lifecycle.ts';
import * as maintenanceWindows from './schema/state/0005_maintenance_windows.ts';
import * as responses from './schema/state/0006_responses.ts';
import * as overflows from './schema/state/0007_overflows.ts';
import * as idempotency from './schema/state/0008_idempotency.ts';
import * as tenantBudgets from './schema/state/0009_tenant_budgets.ts';
import * as keyLimits from './schema/state/0010_key_limits.ts';
import * as replicas from './schema/state/0011_replicas.ts';
import type { StateStore } from './state.ts';

const migrations: Record<string, Migration> = {
  '0001_foundation': foundation,
  '0002_model_registry': modelRegistry,
  '0003_audit_log': auditLog,
  '0004_key_lifecycle': keyLifecycle,
  '0005_maintenance_windows': maintenanceWindows,
  '0006_responses': responses,
  '0007_overflows': overflows,
  '0008_idempotency': idempotency,
  '0009_tenant_budgets': tenantBudgets,
  '0010_key_limits': keyLimits,
  '0011_replicas': replicas,
};

/**
 * Brings the tables of the state store to the newest form, forward only, in one transaction that begins by taking a
 * lock: safe to run twice, and by two processes at once, of which the second finds nothing to do.
 *
 * @returns the names of the migrations that were run.
 * @throws the error of the migration that failed; nothing of the run stays.
 */
export function migrateState(store: StateStore): Promise<string[]> {
  return store.db.transaction().execute(async (transaction) => {
    await lock[store.engine].execute(transaction);
    const migrator = new Migrator({ db: transaction, provider: { getMigrations: async () => migrations } });
    const { error, results = [] } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
    return results.map(({ migrationName }) => migrationName);
  });
}

/** SQLite has one lock for writing, which the first write of a transaction takes. */
const lock = {
  sqlite: sql`PRAGMA user_version = 1`,
  postgres: sql`SELECT pg_advisory_xact_lock(hashtextextended('fleetcast:migrations', 0))`,
};
