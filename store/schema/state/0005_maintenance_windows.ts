import type { Kysely } from 'kysely';

/** Times in which what is measured says nothing of how things normally are. An empty selector selects all. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('maintenance_windows')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('tenant', 'text', (column) => column.notNull().references('tenants.id'))
    .addColumn('agent', 'text', (column) => column.notNull())
    .addColumn('agent_type', 'text', (column) => column.notNull())
    .addColumn('metric', 'text', (column) => column.notNull())
    .addColumn('from_time', 'bigint', (column) => column.notNull())
    .addColumn('to_time', 'bigint', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('maintenance_windows_by_time')
    .on('maintenance_windows')
    .columns(['tenant', 'from_time'])
    .execute();
}
