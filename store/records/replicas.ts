import type { StateStore } from '../state.ts';

/** A process of the service among those that share the store. */
export interface Replica {
  /** Names it. */
  holder: string;
  /** Identifiers of some of the counters that came to it lately, chosen alike by all. */
  counters: string[];
}

/** Who has said nothing for so long is gone. */
const goneAfterMs = 3 * 60_000;

/** Says that a replica is there. */
export async function reportReplica({ db }: StateStore, { holder, counters }: Replica, now: Date): Promise<void> {
  const values = { seen_at: now.getTime(), counters: JSON.stringify(counters) };
  await db
    .deleteFrom('replicas')
    .where('seen_at', '<', now.getTime() - goneAfterMs)
    .execute();
  await db
    .insertInto('replicas')
    .values({ holder, ...values })
    .onConflict((conflict) => conflict.column('holder').doUpdateSet(values))
    .execute();
}

/** The replicas that are there, in the order of their names. */
export async function listReplicas({ db }: StateStore, now: Date): Promise<Replica[]> {
  const there = db.selectFrom('replicas').where('seen_at', '>=', now.getTime() - goneAfterMs);
  const rows = await there.select(['holder', 'counters']).orderBy('holder').execute();
  return rows.map(({ holder, counters }) => ({ holder, counters: JSON.parse(counters) as string[] }));
}

/** Says that a replica leaves. */
export async function removeReplica({ db }: StateStore, holder: string): Promise<void> {
  await db.deleteFrom('replicas').where('holder', '=', holder).execute();
}
