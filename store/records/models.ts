import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { StateStore, StateTables } from '../state.ts';

/** What a trainer hands over: the weights, what they were made from, and how they did. */
export interface NewModel {
  tenant: string;
  /** What the model is for, such as `seasonal-mlp` or `pca-residual`; versions are counted, and one is in use, per kind. */
  kind: string;
  weights: Buffer;
  /** The data that it saw, `[from, to)` in Unix milliseconds. */
  training: { from: number; to: number };
  /** SHA-256, in hex, of the data that it saw: equal data need no second training. */
  dataHash: string;
  /** What trained it: native, wasm, cpu, or empty where no network was trained. */
  backend: string;
  /** How it did on data that it had not seen; null where that could not be told. */
  metrics: Readonly<Record<string, number | null>>;
  /** Whatever else a person wants to know. */
  metadata?: Readonly<Record<string, unknown>>;
}

/** A version of a model, without its weights. Times are Unix milliseconds. */
export interface StoredModel extends Omit<NewModel, 'weights' | 'training' | 'metadata'> {
  id: string;
  version: number;
  /** SHA-256 of the weights, in hex. */
  checksum: string;
  weightBytes: number;
  /** The version that was in use when this one was stored: what it had to beat. */
  parentId: string | null;
  /** Null for versions that are older than the record of it. */
  training: { from: number; to: number } | null;
  metadata: Readonly<Record<string, unknown>>;
  createdAt: number;
  /** When it was last taken into use; null when it never was. */
  promotedAt: number | null;
  inUse: boolean;
}

/** Stored weights that are not what they should be: the checksum or their shape says so. */
export class DamagedModelError extends Error {
  override readonly name = 'DamagedModelError';
  readonly kind: string;
  readonly version: number;

  constructor(
    { kind, version }: Pick<StoredModel, 'kind' | 'version'>,
    told: 'checksum' | 'shape',
    options: ErrorOptions = {},
  ) {
    super(`model ${kind} version ${version}: the stored weights are damaged (${told})`, options);
    this.kind = kind;
    this.version = version;
  }
}

/** So many versions of a kind are kept; older ones go, unless they are in use. */
const keptVersions = 30;

/**
 * Stores a new version, which is not in use until it is promoted. Its parent is the version in use.
 *
 * @example
 * const model = await storeModel(state, { tenant, kind: 'seasonal-mlp', weights, training, dataHash, backend, metrics }, now());
 * await promoteModel(state, { tenant, id: model.id, actor: 'train', reason: 'the first' }, now());
 */
export function storeModel(
  { db }: StateStore,
  { tenant, kind, weights, training, dataHash, backend, metrics, metadata = {} }: NewModel,
  now: Date,
): Promise<StoredModel> {
  return db.transaction().execute(async (transaction) => {
    const ofKind = transaction.selectFrom('models').where('tenant', '=', tenant).where('kind', '=', kind);
    const newest = await ofKind.select((is) => is.fn.max('version').as('version')).executeTakeFirstOrThrow();
    const parent = await transaction
      .selectFrom('models_in_use')
      .select('model_id')
      .where('tenant', '=', tenant)
      .where('kind', '=', kind)
      .executeTakeFirst();
    const version = (newest.version ?? 0) + 1;
    const row = {
      id: randomUUID(),
      tenant,
      kind,
      version,
      checksum: checksumOf(weights),
      parent_id: parent?.model_id ?? null,
      training_from: training.from,
      training_to: training.to,
      data_hash: dataHash,
      backend,
      metrics: JSON.stringify(metrics),
      metadata: JSON.stringify(metadata),
      created_at: now.getTime(),
      promoted_at: null,
    };
    await transaction
      .insertInto('models')
      .values({ ...row, weights })
      .execute();
    await transaction
      .deleteFrom('models')
      .where('tenant', '=', tenant)
      .where('kind', '=', kind)
      .where('version', '<=', version - keptVersions)
      .where('id', 'not in', transaction.selectFrom('models_in_use').select('model_id'))
      .execute();
    return fromRow({ ...row, weight_bytes: weights.length, in_use_id: null });
  });
}

/** Which versions are asked for: of one kind (empty: of all), after a version of a kind, `limit` at most. */
export interface ModelPage {
  kind: string;
  after: readonly [kind: string, version: number] | undefined;
  limit: number;
}

/** The versions of a tenant's models, by kind, newest first. */
export async function listModels(
  store: StateStore,
  tenant: string,
  { kind, after, limit }: ModelPage,
): Promise<StoredModel[]> {
  let query = selectModels(store, tenant).orderBy('m.kind').orderBy('m.version', 'desc').limit(limit);
  if (kind !== '') query = query.where('m.kind', '=', kind);
  if (after !== undefined) {
    const [afterKind, version] = after;
    query = query.where((is) =>
      is.or([is('m.kind', '>', afterKind), is.and([is('m.kind', '=', afterKind), is('m.version', '<', version)])]),
    );
  }
  return (await query.execute()).map(fromRow);
}

/** One version, without its weights. */
export async function findModel(store: StateStore, tenant: string, id: string): Promise<StoredModel | undefined> {
  const row = await selectModels(store, tenant).where('m.id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

/** The newest version of a kind that was trained on exactly this data. */
export async function findModelByData(
  store: StateStore,
  tenant: string,
  kind: string,
  dataHash: string,
): Promise<StoredModel | undefined> {
  const row = await selectModels(store, tenant)
    .where('m.kind', '=', kind)
    .where('m.data_hash', '=', dataHash)
    .orderBy('m.version', 'desc')
    .executeTakeFirst();
  return row && fromRow(row);
}

/**
 * The model of a kind that is in use, with its weights.
 *
 * @throws DamagedModelError when the weights are not those that were stored.
 */
export async function modelInUse(
  store: StateStore,
  tenant: string,
  kind: string,
): Promise<(StoredModel & { weights: Buffer }) | undefined> {
  const row = await selectModels(store, tenant)
    .where('m.kind', '=', kind)
    .where('u.model_id', 'is not', null)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const model = fromRow(row);
  return { ...model, weights: await readWeights(store, model) };
}

/**
 * The weights of a version.
 *
 * @throws DamagedModelError when they are not those that were stored.
 */
export async function readWeights(
  { db }: StateStore,
  { id, kind, version, checksum }: Pick<StoredModel, 'id' | 'kind' | 'version' | 'checksum'>,
): Promise<Buffer> {
  const row = await db.selectFrom('models').select('weights').where('id', '=', id).executeTakeFirstOrThrow();
  const weights = Buffer.from(row.weights);
  if (checksumOf(weights) !== checksum) throw new DamagedModelError({ kind, version }, 'checksum');
  return weights;
}

type ModelRow = Omit<StateTables['models'], 'weights'> & { weight_bytes: number; in_use_id: string | null };

function selectModels({ db }: StateStore, tenant: string) {
  return db
    .selectFrom('models as m')
    .leftJoin('models_in_use as u', 'u.model_id', 'm.id')
    .select([
      'm.id',
      'm.tenant',
      'm.kind',
      'm.version',
      'm.checksum',
      'm.parent_id',
      'm.training_from',
      'm.training_to',
    ])
    .select(['m.data_hash', 'm.backend', 'm.metrics', 'm.metadata', 'm.created_at', 'm.promoted_at'])
    .select(['u.model_id as in_use_id', sql<number>`length(m.weights)`.as('weight_bytes')])
    .where('m.tenant', '=', tenant);
}

function fromRow(row: ModelRow): StoredModel {
  return {
    id: row.id,
    tenant: row.tenant,
    kind: row.kind,
    version: row.version,
    checksum: row.checksum,
    weightBytes: Number(row.weight_bytes),
    parentId: row.parent_id,
    training:
      row.training_from === null || row.training_to === null ? null : { from: row.training_from, to: row.training_to },
    dataHash: row.data_hash ?? '',
    backend: row.backend ?? '',
    metrics: JSON.parse(row.metrics ?? '{}') as Record<string, number | null>,
    metadata: JSON.parse(row.metadata) as Record<string, unknown>,
    createdAt: row.created_at,
    promotedAt: row.promoted_at,
    inUse: row.in_use_id !== null,
  };
}

function checksumOf(weights: Buffer): string {
  return createHash('sha256').update(weights).digest('hex');
}
