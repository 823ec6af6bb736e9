import { AppError } from '../../telemetry/errors.ts';
import type { StateStore } from '../state.ts';
import { orUnavailable } from './or-unavailable.ts';

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

const idPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/**
 * Makes a tenant.
 *
 * @throws AppError `invalid_request` when the id is not fit for one, `conflict` when it is taken.
 */
export async function createTenant(
  { db }: Pick<StateStore, 'db'>,
  { id, name, rawDays, rollupDays }: { id: string; name: string; rawDays: number; rollupDays: number },
  now: Date,
): Promise<void> {
  if (!idPattern.test(id)) {
    throw new AppError(
      'invalid_request',
      `the id of a tenant = ${JSON.stringify(id)}; allowed: 1 to 63 of a-z, 0-9, - and _`,
    );
  }
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('tenants')
    .values({ id, name, raw_retention_days: rawDays, rollup_retention_days: rollupDays, created_at: now.getTime() })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  if (Number(numInsertedOrUpdatedRows) === 0) throw new AppError('conflict', `there is a tenant ${id} already`);
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
 * The function that it answers throws AppError `forbidden` when there is no such tenant, `unavailable` when the store is away.
 */
export function createTenantLookup(state: StateStore, now: () => Date): (id: string) => Promise<Tenant> {
  let tenants: Promise<Tenant[]> | undefined;
  let readAt = 0;
  return async (id) => {
    if (tenants === undefined || now().getTime() - readAt > cacheMs) {
      readAt = now().getTime();
      tenants = orUnavailable(listTenants(state));
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
