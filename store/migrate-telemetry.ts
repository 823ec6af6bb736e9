import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { defineQuery } from './query.ts';
import { defineTable } from './table.ts';
import type { TelemetryStore } from './telemetry.ts';

const folder = new URL('./schema/clickhouse/', import.meta.url);

const migrations = defineTable('schema_migrations', { name: 'text', checksum: 'text', applied_at: 'time' });

const appliedMigrations = defineQuery({
  name: 'applied_migrations',
  sql: 'SELECT name, any(checksum) AS checksum FROM schema_migrations GROUP BY name ORDER BY name',
  params: z.object({}),
  row: z.object({ name: z.string(), checksum: z.string() }),
});

/**
 * Brings the tables of ClickHouse to the newest form: runs each file of `schema/clickhouse` that has not run yet, in
 * the order of their numbers. Every file can run twice, and one that fails because another process has done it and
 * gone on is done: two processes may migrate at once.
 *
 * @returns the names of the files that were run.
 * @throws when a file that has run was changed since: a schema goes forward by new files only.
 */
export async function migrateTelemetry(store: TelemetryStore, now: () => Date): Promise<string[]> {
  await store.command(
    `CREATE TABLE IF NOT EXISTS schema_migrations (name String, checksum String, applied_at DateTime64(3, 'UTC'))
     ENGINE = ReplacingMergeTree ORDER BY name`,
  );
  const readApplied = async () =>
    new Map((await store.query(appliedMigrations, {})).map(({ name, checksum }) => [name, checksum]));
  const applied = await readApplied();
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort();
  const run: string[] = [];
  for (const name of files) {
    const sql = readFileSync(new URL(name, folder), 'utf8');
    const checksum = createHash('sha256').update(sql).digest('hex');
    const before = applied.get(name);
    if (before === checksum) continue;
    if (before !== undefined) throw new Error(`migration ${name} was changed after it had run; add a new file instead`);
    try {
      for (const statement of splitStatements(sql)) await store.command(statement);
    } catch (error) {
      if (!(await readApplied()).has(name)) throw error;
    }
    await store.insert(migrations, [{ name, checksum, applied_at: now().getTime() }]);
    run.push(name);
  }
  return run;
}

/** Statements end with a semicolon at the end of a line; text in our SQL files never does. */
function splitStatements(sql: string): string[] {
  return sql
    .split(/;\s*$/m)
    .map((statement) => statement.replace(/^\s*--.*$/gm, '').trim())
    .filter((statement) => statement !== '');
}
