import type { Kysely } from 'kysely';

/** What people did about incidents, and what they said of anomalies. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('incident_actions')
    .addColumn('tenant', 'text', (column) => column.notNull().references('tenants.id'))
    .addColumn('incident', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('note', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('incident_actions_pk', ['tenant', 'incident', 'action'])
    .execute();
  await db.schema
    .createTable('feedback')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('tenant', 'text', (column) => column.notNull().references('tenants.id'))
    .addColumn('anomaly', 'text', (column) => column.notNull())
    .addColumn('series', 'text', (column) => column.notNull())
    .addColumn('detector', 'text', (column) => column.notNull())
    .addColumn('verdict', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('author', 'text', (column) => column.notNull())
    .addColumn('shape', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('feedback_by_series').on('feedback').columns(['tenant', 'series']).execute();
}
