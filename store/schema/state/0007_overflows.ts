import type { Kysely } from 'kysely';

/** When samples went to overflow series, and over which limit. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('overflows')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('exceeded', 'text', (column) => column.notNull())
    .addColumn('agent', 'text', (column) => column.notNull())
    .addColumn('metric', 'text', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('last_at', 'bigint', (column) => column.notNull())
    .addColumn('samples', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('overflows_by_time').on('overflows').columns(['tenant', 'last_at']).execute();
}
