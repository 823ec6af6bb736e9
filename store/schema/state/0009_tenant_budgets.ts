import type { Kysely } from 'kysely';

/** What a tenant may have beside the settings that hold for all: JSON of the parts that differ. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('tenant_budgets')
    .addColumn('tenant', 'text', (column) => column.primaryKey().references('tenants.id'))
    .addColumn('budget', 'text', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .execute();
}
