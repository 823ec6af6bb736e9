import type { StateStore } from '../state.ts';

/** What a request was answered. */
export interface StoredAnswer {
  status: number;
  contentType: string;
  text: string;
}

/** What is to be done with a request that carries a key. */
export type Claim =
  /** Nobody has answered it: do so. `receivedAt` is when it came first, in Unix milliseconds. */
  | { kind: 'ours'; receivedAt: number }
  | { kind: 'answered'; answer: StoredAnswer }
  | { kind: 'in_flight' }
  /** The key came with another request before. */
  | { kind: 'other_request' };

/** A key is remembered for so long. */
const keptMs = 24 * 3_600_000;
/** A request that takes longer was cut off by the end of its process, and may be done anew. */
const abandonedMs = 60_000;

export interface IdempotencyKey {
  tenant: string;
  key: string;
  /** A hash of the request. */
  fingerprint: string;
}

/** Takes a request on, unless it was answered or is being answered; safe among replicas. */
export async function claimRequest({ db }: StateStore, request: IdempotencyKey, now: Date): Promise<Claim> {
  const nowMs = now.getTime();
  const { tenant, key, fingerprint } = request;
  const mine = () => db.deleteFrom('idempotency_keys').where('tenant', '=', tenant).where('key', '=', key);
  await mine().where('expires_at', '<', nowMs).execute();
  const times = { received_at: nowMs, started_at: nowMs, expires_at: nowMs + keptMs };
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('idempotency_keys')
    .values({ tenant, key, fingerprint, ...times, status: 0, content_type: '', answer: '' })
    .onConflict((conflict) => conflict.columns(['tenant', 'key']).doNothing())
    .executeTakeFirst();
  if (Number(numInsertedOrUpdatedRows) > 0) return { kind: 'ours', receivedAt: nowMs };
  const known = await db
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('key', '=', key)
    .executeTakeFirst();
  if (known === undefined) return { kind: 'in_flight' };
  if (known.fingerprint !== fingerprint) return { kind: 'other_request' };
  if (known.status !== 0) {
    return {
      kind: 'answered',
      answer: { status: known.status, contentType: known.content_type, text: known.answer },
    };
  }
  if (known.started_at > nowMs - abandonedMs) return { kind: 'in_flight' };
  const { numUpdatedRows } = await db
    .updateTable('idempotency_keys')
    .set({ started_at: nowMs })
    .where('tenant', '=', tenant)
    .where('key', '=', key)
    .where('started_at', '=', known.started_at)
    .executeTakeFirst();
  return Number(numUpdatedRows) > 0 ? { kind: 'ours', receivedAt: known.received_at } : { kind: 'in_flight' };
}

/** Keeps the answer of a request that was taken on. */
export async function keepAnswer({ db }: StateStore, request: IdempotencyKey, answer: StoredAnswer): Promise<void> {
  await db
    .updateTable('idempotency_keys')
    .set({ status: answer.status, content_type: answer.contentType, answer: answer.text })
    .where('tenant', '=', request.tenant)
    .where('key', '=', request.key)
    .execute();
}

/** Forgets a request that could not be done, so that it can be sent again. */
export async function releaseRequest({ db }: StateStore, { tenant, key }: IdempotencyKey): Promise<void> {
  await db.deleteFrom('idempotency_keys').where('tenant', '=', tenant).where('key', '=', key).execute();
}

/** Forgets what nobody may ask for any more. */
export async function deleteExpiredRequests({ db }: StateStore, now: Date): Promise<void> {
  await db.deleteFrom('idempotency_keys').where('expires_at', '<', now.getTime()).execute();
}
