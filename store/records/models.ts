import { createHash, randomUUID } from 'node:crypto';
import type { StateStore } from '../state.ts';

/** A trained model of a tenant. Of each kind, the one that was promoted last is in use. */
export interface StoredModel {
  id: string;
  tenant: string;
  kind: string;
  version: number;
  checksum: string;
  metadata: Record<string, unknown>;
  createdAt: number;
  promotedAt: number | null;
}

/** Stores a new version and takes it into use. Answers its version. */
export async function promoteNewModel(
  { db }: StateStore,
  {
    tenant,
    kind,
    weights,
    metadata,
  }: { tenant: string; kind: string; weights: Buffer; metadata: Record<string, unknown> },
  now: Date,
): Promise<number> {
  return db.transaction().execute(async (transaction) => {
    const newest = await transaction
      .selectFrom('models')
      .select('version')
      .where('tenant', '=', tenant)
      .where('kind', '=', kind)
      .orderBy('version', 'desc')
      .executeTakeFirst();
    const version = (newest?.version ?? 0) + 1;
    await transaction
      .insertInto('models')
      .values({
        id: randomUUID(),
        tenant,
        kind,
        version,
        weights,
        checksum: checksumOf(weights),
        metadata: JSON.stringify(metadata),
        created_at: now.getTime(),
        promoted_at: now.getTime(),
      })
      .execute();
    return version;
  });
}

/**
 * The model of a kind that is in use, with its weights.
 *
 * @throws when the weights are not those that were stored.
 */
export async function modelInUse(
  { db }: StateStore,
  tenant: string,
  kind: string,
): Promise<(StoredModel & { weights: Buffer }) | undefined> {
  const row = await db
    .selectFrom('models')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('kind', '=', kind)
    .where('promoted_at', 'is not', null)
    .orderBy('promoted_at', 'desc')
    .orderBy('version', 'desc')
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const weights = Buffer.from(row.weights);
  if (checksumOf(weights) !== row.checksum)
    throw new Error(`model ${row.kind} version ${row.version}: the stored weights are damaged (checksum)`);
  return {
    id: row.id,
    tenant: row.tenant,
    kind: row.kind,
    version: row.version,
    checksum: row.checksum,
    metadata: JSON.parse(row.metadata) as Record<string, unknown>,
    createdAt: row.created_at,
    promotedAt: row.promoted_at,
    weights,
  };
}

function checksumOf(weights: Buffer): string {
  return createHash('sha256').update(weights).digest('hex');
}
