import type { Kysely } from 'kysely';

/** The processes that share this store: when each was last there, and as JSON some of the counters that came to it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('replicas')
    .addColumn('holder', 'text', (column) => column.primaryKey())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addColumn('counters', 'text', (column) => column.notNull())
    .execute();
}
