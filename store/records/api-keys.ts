import { createHash, randomUUID } from 'node:crypto';
import type { StateStore } from '../state.ts';
import { defaultTenant } from './tenants.ts';

export const scopes = ['ingest', 'read', 'operate', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** Who a key speaks for, and what it may do. */
export interface Principal {
  tenant: string;
  name: string;
  scopes: readonly Scope[];
}

/** Only this hash of a key is kept. A key is random and long, so that one round of SHA-256 is enough. */
function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Stores a key for a tenant, hashed; storing the same key again changes its scopes. */
export async function storeKey(
  { db }: StateStore,
  key: string,
  { tenant, name, scopes }: Principal,
  now: Date,
): Promise<void> {
  await db
    .insertInto('api_keys')
    .values({
      id: randomUUID(),
      tenant,
      name,
      hash: hashKey(key),
      scopes: scopes.join(' '),
      created_at: now.getTime(),
      expires_at: null,
    })
    .onConflict((conflict) => conflict.column('hash').doUpdateSet({ name, scopes: scopes.join(' ') }))
    .execute();
}

/** Stores the key with which an operator begins: every scope of the default tenant. */
export function storeBootstrapKey(store: StateStore, key: string, now: Date): Promise<void> {
  return storeKey(store, key, { tenant: defaultTenant, name: 'bootstrap', scopes }, now);
}

/** Who a key speaks for; `undefined` when it is not known or has expired. */
export async function principalOfKey({ db }: StateStore, key: string, now: Date): Promise<Principal | undefined> {
  const row = await db.selectFrom('api_keys').selectAll().where('hash', '=', hashKey(key)).executeTakeFirst();
  if (row === undefined || (row.expires_at !== null && row.expires_at <= now.getTime())) return undefined;
  return { tenant: row.tenant, name: row.name, scopes: row.scopes.split(' ') as Scope[] };
}

/** The keys of a tenant, oldest first; the keys themselves are not known. */
export async function listKeys({ db }: StateStore, tenant: string): Promise<(Principal & { createdAt: Date })[]> {
  const rows = await db
    .selectFrom('api_keys')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('created_at')
    .orderBy('name')
    .execute();
  return rows.map((row) => ({
    tenant: row.tenant,
    name: row.name,
    scopes: row.scopes.split(' ') as Scope[],
    createdAt: new Date(row.created_at),
  }));
}
