import type { Kysely } from 'kysely';

/** When a key was revoked and last used, which key took its place, and how it begins, so that people can tell it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('api_keys').addColumn('revoked_at', 'bigint').execute();
  await db.schema.alterTable('api_keys').addColumn('last_used_at', 'bigint').execute();
  await db.schema.alterTable('api_keys').addColumn('replaced_by', 'text').execute();
  await db.schema
    .alterTable('api_keys')
    .addColumn('hint', 'text', (column) => column.notNull().defaultTo(''))
    .execute();
  await db.schema.createIndex('api_keys_by_tenant').on('api_keys').columns(['tenant', 'created_at']).execute();
}
