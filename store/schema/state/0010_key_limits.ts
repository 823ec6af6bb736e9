import type { Kysely } from 'kysely';

/** How much a key may send where that differs from the settings; null where it does not. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('api_keys').addColumn('requests_per_second', 'double precision').execute();
  await db.schema.alterTable('api_keys').addColumn('records_per_second', 'double precision').execute();
}
