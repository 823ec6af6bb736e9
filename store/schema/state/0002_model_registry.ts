import { type Kysely, sql } from 'kysely';

/**
 * What a version of a model was made from and how it did; which version is in use; and who brought that about. The
 * version of a kind that was promoted last is in use before this migration, and after it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const columns = [
    ['parent_id', 'text'],
    ['training_from', 'bigint'],
    ['training_to', 'bigint'],
    ['data_hash', 'text'],
    ['backend', 'text'],
    ['metrics', 'text'],
  ] as const;
  for (const [name, type] of columns) await db.schema.alterTable('models').addColumn(name, type).execute();
  await db.schema
    .createTable('models_in_use')
    .addColumn('tenant', 'text', (column) => column.notNull().references('tenants.id'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('model_id', 'text', (column) => column.notNull().references('models.id'))
    .addPrimaryKeyConstraint('models_in_use_pk', ['tenant', 'kind'])
    .execute();
  await db.schema
    .createTable('model_promotions')
    .addColumn('tenant', 'text', (column) => column.notNull().references('tenants.id'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('model_id', 'text', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('model_promotions_pk', ['tenant', 'kind', 'position'])
    .execute();
  await sql`
    INSERT INTO model_promotions (tenant, kind, position, action, model_id, actor, reason, at)
    SELECT tenant, kind, ROW_NUMBER() OVER (PARTITION BY tenant, kind ORDER BY promoted_at, version), 'promote', id,
      'train', '', promoted_at
    FROM models WHERE promoted_at IS NOT NULL`.execute(db);
  await sql`
    INSERT INTO models_in_use (tenant, kind, model_id)
    SELECT p.tenant, p.kind, p.model_id FROM model_promotions AS p
    WHERE p.position = (SELECT max(q.position) FROM model_promotions AS q WHERE q.tenant = p.tenant AND q.kind = p.kind)`.execute(
    db,
  );
}
