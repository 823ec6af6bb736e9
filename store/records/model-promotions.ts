import { AppError } from '../../telemetry/errors.ts';
import type { StateStore } from '../state.ts';
import { findModel, readWeights, type StoredModel } from './models.ts';

export const promotionActions = ['promote', 'rollback'] as const;

/** One change of the version in use, for the audit. */
export interface Promotion {
  kind: string;
  action: (typeof promotionActions)[number];
  /** The version that was taken into use by it. */
  modelId: string;
  /** A job, or the name of a key. */
  actor: string;
  reason: string;
  at: number;
}

/** Who changes the version in use, and why. */
interface Author {
  actor: string;
  reason: string;
}

/**
 * Takes a version into use, in place of the one that is. A version that is in use already is left as it is.
 *
 * @throws AppError `not_found`, or `conflict` while another change of the same kind is under way; Error when the
 *   weights are damaged.
 */
export async function promoteModel(
  state: StateStore,
  { tenant, id, ...author }: { tenant: string; id: string } & Author,
  now: Date,
): Promise<StoredModel> {
  const model = await findModel(state, tenant, id);
  if (model === undefined) throw new AppError('not_found', `no model ${JSON.stringify(id)}`);
  await readWeights(state, model);
  return alone(state, model, async () => {
    const isInUse = (await findModel(state, tenant, id))?.inUse;
    if (!isInUse) await takeIntoUse(state, model, 'promote', author, now);
    return id;
  });
}

/**
 * Goes back to the version that was in use before the present one was promoted; again, to the one before that. A
 * version that is no longer kept is passed over.
 *
 * @throws AppError `conflict` when there is none to go back to, or while another change is under way.
 */
export function rollbackModel(
  state: StateStore,
  { tenant, kind, ...author }: { tenant: string; kind: string } & Author,
  now: Date,
): Promise<StoredModel> {
  return alone(state, { tenant, kind }, async () => {
    for (const id of earlierInUse(await listPromotions(state, tenant, kind))) {
      const model = await findModel(state, tenant, id);
      if (model === undefined) continue;
      await readWeights(state, model);
      await takeIntoUse(state, model, 'rollback', author, now);
      return id;
    }
    throw new AppError('conflict', `no version of ${JSON.stringify(kind)} was in use before the present one`);
  });
}

/** What was in use before the present version, newest first: a promotion goes on top of the pile, a rollback digs in it. */
function earlierInUse(promotions: readonly Promotion[]): string[] {
  const pile: string[] = [];
  for (const { action, modelId } of promotions) {
    if (action === 'promote') pile.push(modelId);
    else while (pile.length > 0 && pile.at(-1) !== modelId) pile.pop();
  }
  return pile.slice(0, -1).reverse();
}

/** The changes of the version in use of a kind, oldest first. */
export async function listPromotions({ db }: StateStore, tenant: string, kind: string): Promise<Promotion[]> {
  const rows = await db
    .selectFrom('model_promotions')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('kind', '=', kind)
    .orderBy('position')
    .execute();
  return rows.map(({ model_id, action, actor, reason, at }) => ({
    kind,
    action: action as Promotion['action'],
    modelId: model_id,
    actor,
    reason,
    at,
  }));
}

/** Changes the version in use while nobody else does; answers the version whose id `change` gives. */
async function alone(
  state: StateStore,
  { tenant, kind }: Pick<StoredModel, 'tenant' | 'kind'>,
  change: () => Promise<string>,
): Promise<StoredModel> {
  const changed = await state.exclusive(`models:${tenant}:${kind}`, async () =>
    findModel(state, tenant, await change()),
  );
  if (changed !== undefined) return changed;
  throw new AppError('conflict', `another change of the version in use of ${JSON.stringify(kind)} is under way`);
}

function takeIntoUse(
  { db }: StateStore,
  { tenant, kind, id }: StoredModel,
  action: Promotion['action'],
  { actor, reason }: Author,
  now: Date,
): Promise<void> {
  return db.transaction().execute(async (transaction) => {
    const { position } = await transaction
      .selectFrom('model_promotions')
      .select((is) => is.fn.max('position').as('position'))
      .where('tenant', '=', tenant)
      .where('kind', '=', kind)
      .executeTakeFirstOrThrow();
    await transaction
      .insertInto('models_in_use')
      .values({ tenant, kind, model_id: id })
      .onConflict((conflict) => conflict.columns(['tenant', 'kind']).doUpdateSet({ model_id: id }))
      .execute();
    await transaction
      .insertInto('model_promotions')
      .values({ tenant, kind, position: (position ?? 0) + 1, action, model_id: id, actor, reason, at: now.getTime() })
      .execute();
    await transaction.updateTable('models').set({ promoted_at: now.getTime() }).where('id', '=', id).execute();
  });
}
