import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { AppError } from '../../telemetry/errors.ts';
import type { StateStore, StateTables } from '../state.ts';
import { defaultTenant } from './tenants.ts';

export const scopes = ['ingest', 'read', 'operate', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** What a key is good for. */
export interface KeyGrant {
  tenant: string;
  name: string;
  scopes: readonly Scope[];
  /** Unix milliseconds; null for a key that does not end by itself. */
  expiresAt?: number | null;
  /** How much it may send; null where the settings hold. */
  requestsPerSecond?: number | null | undefined;
  recordsPerSecond?: number | null | undefined;
}

/** A key as it is kept: all about it but the key. */
export interface StoredKey extends Required<KeyGrant> {
  requestsPerSecond: number | null;
  recordsPerSecond: number | null;
  id: string;
  /** How the key begins; empty for one that was not made here. */
  hint: string;
  createdAt: number;
  revokedAt: number | null;
  /** To the minute. */
  lastUsedAt: number | null;
  /** The id of the key that took its place. */
  replacedBy: string | null;
}

/** A key that was just made: the only time that the key itself is known. */
export interface NewKey {
  key: string;
  stored: StoredKey;
}

/**
 * Only this hash of a key is kept. A key that is made here has 192 random bits: nobody can try them all, so one round
 * of SHA-256 is enough, and slow hashes, which protect what people think up, would only slow every request down.
 */
function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

const hintLength = 'fc_'.length + 5;

/** Makes a key for a tenant and stores its hash. */
export async function createKey({ db }: Pick<StateStore, 'db'>, grant: KeyGrant, now: Date): Promise<NewKey> {
  const key = `fc_${randomBytes(24).toString('base64url')}`;
  const row = rowOf(key, grant, key.slice(0, hintLength), now);
  await db.insertInto('api_keys').values(row).execute();
  return { key, stored: fromRow(row) };
}

/** Stores a key that somebody brings; storing the same key again changes its scopes. */
export async function storeKey({ db }: StateStore, key: string, grant: KeyGrant, now: Date): Promise<void> {
  const { name, scopes } = grant;
  await db
    .insertInto('api_keys')
    .values(rowOf(key, grant, '', now))
    .onConflict((conflict) => conflict.column('hash').doUpdateSet({ name, scopes: scopes.join(' ') }))
    .execute();
}

/** Stores the key with which an operator begins: every scope of the default tenant. */
export function storeBootstrapKey(store: StateStore, key: string, now: Date): Promise<void> {
  return storeKey(store, key, { tenant: defaultTenant, name: 'bootstrap', scopes }, now);
}

/** What is known of a key, whether it is still good or not; `undefined` when it was never stored. */
export async function findKey({ db }: StateStore, key: string): Promise<StoredKey | undefined> {
  const row = await db.selectFrom('api_keys').selectAll().where('hash', '=', hashKey(key)).executeTakeFirst();
  return row && fromRow(row);
}

/** Whether a key opens doors at this moment, and if not why. */
export function validityOf(
  { expiresAt, revokedAt }: Pick<StoredKey, 'expiresAt' | 'revokedAt'>,
  now: Date,
): 'valid' | 'expired' | 'revoked' {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= now.getTime() ? 'expired' : 'valid';
}

/** The keys of a tenant, oldest first. */
export async function listKeys({ db }: StateStore, tenant: string): Promise<StoredKey[]> {
  const rows = await db
    .selectFrom('api_keys')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

/**
 * Makes a key of the same name, scopes and limits, and lets the old one work for `overlapDays` more, so that its users can
 * change over one by one. A key with an end gets a successor that lives as long as it was to live.
 *
 * @throws AppError `not_found`, or `conflict` when the key is not good any more or has a successor already.
 */
export async function rotateKey(
  { db }: Pick<StateStore, 'db'>,
  { tenant, id, overlapDays }: { tenant: string; id: string; overlapDays: number },
  now: Date,
): Promise<NewKey & { old: StoredKey }> {
  const old = await keyOfTenant(db, tenant, id);
  const validity = validityOf(old, now);
  if (validity !== 'valid') throw new AppError('conflict', `the key is ${validity}; make a new one`);
  if (old.replacedBy !== null) throw new AppError('conflict', `the key was rotated before, to ${old.replacedBy}`);
  const lifetime = old.expiresAt === null ? null : old.expiresAt - old.createdAt;
  const expiresAt = lifetime === null ? null : now.getTime() + lifetime;
  const made = await createKey({ db }, { ...old, expiresAt }, now);
  const end = Math.min(old.expiresAt ?? Number.POSITIVE_INFINITY, now.getTime() + overlapDays * 86_400_000);
  const changed = await db
    .updateTable('api_keys')
    .set({ expires_at: end, replaced_by: made.stored.id })
    .where('id', '=', id)
    .where('replaced_by', 'is', null)
    .executeTakeFirst();
  if (Number(changed.numUpdatedRows) === 0) throw new AppError('conflict', 'the key was rotated at the same moment');
  return { ...made, old: { ...old, expiresAt: end, replacedBy: made.stored.id } };
}

/**
 * Ends a key now. One that was revoked before stays as it is.
 *
 * @throws AppError `not_found`.
 */
export async function revokeKey(
  { db }: Pick<StateStore, 'db'>,
  { tenant, id }: { tenant: string; id: string },
  now: Date,
): Promise<StoredKey> {
  const key = await keyOfTenant(db, tenant, id);
  if (key.revokedAt !== null) return key;
  await db.updateTable('api_keys').set({ revoked_at: now.getTime() }).where('id', '=', id).execute();
  return { ...key, revokedAt: now.getTime() };
}

/** Remembers that a key was used. */
export async function touchKey({ db }: StateStore, id: string, now: Date): Promise<void> {
  await db.updateTable('api_keys').set({ last_used_at: now.getTime() }).where('id', '=', id).execute();
}

async function keyOfTenant(db: StateStore['db'], tenant: string, id: string): Promise<StoredKey> {
  const row = await db
    .selectFrom('api_keys')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new AppError('not_found', `no key ${JSON.stringify(id)}`);
  return fromRow(row);
}

type Row = StateTables['api_keys'];

function rowOf(key: string, grant: KeyGrant, hint: string, now: Date): Row {
  return {
    id: randomUUID(),
    tenant: grant.tenant,
    name: grant.name,
    hash: hashKey(key),
    hint,
    scopes: grant.scopes.join(' '),
    created_at: now.getTime(),
    expires_at: grant.expiresAt ?? null,
    requests_per_second: grant.requestsPerSecond ?? null,
    records_per_second: grant.recordsPerSecond ?? null,
    revoked_at: null,
    last_used_at: null,
    replaced_by: null,
  };
}

function fromRow(row: Row): StoredKey {
  return {
    id: row.id,
    tenant: row.tenant,
    name: row.name,
    hint: row.hint,
    scopes: row.scopes.split(' ').filter(Boolean) as Scope[],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
    replacedBy: row.replaced_by,
    requestsPerSecond: row.requests_per_second,
    recordsPerSecond: row.records_per_second,
  };
}
