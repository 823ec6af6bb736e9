import { AppError } from '../../telemetry/errors.ts';
import type { StateStore } from '../state.ts';

export interface Tenant {
  id: string;
  name: string;
  rawRetentionDays: number;
  rollupRetentionDays: number;
}

/** The tenant that everything belongs to until others are made. */
export const defaultTenant = 'default';

/** Creates the default tenant where it is missing, and gives it the retention of the settings. */
export async function ensureDefaultTenant(
  { db }: StateStore,
  { rawDays, rollupDays }: { rawDays: number; rollupDays: number },
  now: Date,
): Promise<void> {
  const retention = { raw_retention_days: rawDays, rollup_retention_days: rollupDays };
  await db
    .insertInto('tenants')
    .values({ id: defaultTenant, name: 'Default', ...retention, created_at: now.getTime() })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(retention))
    .execute();
}

/** All tenants, in the order of their ids. */
export async function listTenants({ db }: StateStore): Promise<Tenant[]> {
  const rows = await db.selectFrom('tenants').selectAll().orderBy('id').execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    rawRetentionDays: row.raw_retention_days,
    rollupRetentionDays: row.rollup_retention_days,
  }));
}

/** For so long a tenant is believed to be as it was read. */
const cacheMs = 10_000;

/**
 * Finds tenants by id, from the store at most every ten seconds: each request that brings records asks for one.
 *
 * The function that it answers throws AppError `forbidden` when there is no such tenant.
 */
export function createTenantLookup(state: StateStore, now: () => Date): (id: string) => Promise<Tenant> {
  let tenants: Promise<Tenant[]> | undefined;
  let readAt = 0;
  return async (id) => {
    if (tenants === undefined || now().getTime() - readAt > cacheMs) {
      readAt = now().getTime();
      tenants = listTenants(state);
      // A read that failed is not kept.
      tenants.catch(() => {
        tenants = undefined;
      });
    }
    const tenant = (await tenants).find((candidate) => candidate.id === id);
    if (tenant === undefined) throw new AppError('forbidden', 'the tenant of the key does not exist');
    return tenant;
  };
}
