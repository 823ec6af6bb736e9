import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { migrateTelemetry } from '../../store/migrate-telemetry.ts';
import { defineQuery } from '../../store/query.ts';
import { allTables } from '../../store/tables.ts';
import { openTelemetryStore, type TelemetryStore } from '../../store/telemetry.ts';
import { runInProcess } from './processes.ts';
import { type TelemetryServer, telemetryTargets } from './targets.ts';

const now = () => new Date(0);
const files = readdirSync(new URL('../../store/schema/clickhouse/', import.meta.url)).sort();

const schema = defineQuery({
  name: 'schema',
  sql: `SELECT name, create_table_query AS sql FROM system.tables WHERE database = currentDatabase() AND name NOT LIKE '.inner%' ORDER BY name`,
  params: z.object({}),
  row: z.object({ name: z.string(), sql: z.string() }),
});

const columnsOf = defineQuery({
  name: 'columns_of',
  sql: `SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position`,
  params: z.object({ table: z.string() }),
  row: z.object({ name: z.string(), type: z.string() }),
});

const applied = defineQuery({
  name: 'applied',
  sql: 'SELECT name FROM schema_migrations FINAL ORDER BY name',
  params: z.object({}),
  row: z.object({ name: z.string() }),
});

/** The types of ClickHouse that a kind of column may be written into. */
const typesOf = {
  text: /^(LowCardinality\(String\)|String|Enum8\(.*\)|SimpleAggregateFunction\(anyLast, (String|Enum8\(.*\))\))$/,
  number: /^(Float64|Float32|UInt32|UInt8)$/,
  optionalNumber: /^Nullable\(Float64\)$/,
  id: /^UInt64$/,
  time: /^DateTime64\(3, 'UTC'\)$/,
  optionalTime: /^Nullable\(DateTime64\(3, 'UTC'\)\)$/,
  date: /^Date$/,
  map: /^(SimpleAggregateFunction\(anyLast, )?Map\(String, String\)\)?$/,
  numbers: /^Array\(Float64\)$/,
} as const;

describe.each(telemetryTargets)('migrations of ClickHouse over $name', ({ isAvailable, isShared, start }) => {
  describe.skipIf(!isAvailable)('go forward only', () => {
    let server: TelemetryServer;
    let store: TelemetryStore;

    beforeAll(async () => {
      server = await start();
      store = await openTelemetryStore({ url: server.url });
    });
    afterAll(async () => {
      await store?.close();
      await server?.stop();
    });

    if (isShared) {
      test('two processes may migrate an empty database at once', async () => {
        const migrate = `
          import { migrateTelemetry } from './store/migrate-telemetry.ts';
          import { openTelemetryStore } from './store/telemetry.ts';
          const store = await openTelemetryStore({ url: process.argv[1] });
          console.log((await migrateTelemetry(store, () => new Date(0))).length);
          await store.close();`;
        const runs = await Promise.all([runInProcess(migrate, server.url), runInProcess(migrate, server.url)]);
        expect(runs.map(({ code, errors }) => [code, errors])).toEqual([
          [0, ''],
          [0, ''],
        ]);
        expect((await store.query(applied, {})).map(({ name }) => name)).toEqual(files);
      });
    }

    test('every file runs once, in the order of their numbers, and again changes nothing', async () => {
      const first = await migrateTelemetry(store, now);
      expect(first).toEqual(isShared ? [] : files);
      const before = await store.query(schema, {});
      expect(await migrateTelemetry(store, now)).toEqual([]);
      expect(await store.query(schema, {})).toEqual(before);
      expect((await store.query(applied, {})).map(({ name }) => name)).toEqual(files);
    });

    test('a migration that broke off can be run again from its beginning', async () => {
      const before = await store.query(schema, {});
      await store.command('TRUNCATE TABLE schema_migrations');
      expect(await migrateTelemetry(store, now)).toEqual(files);
      expect(await store.query(schema, {})).toEqual(before);
    });

    test.each(allTables.map((table) => ({ name: table.name, table })))(
      'the columns of $name in TypeScript are those of the SQL',
      async ({ name, table }) => {
        const columns = await store.query(columnsOf, { table: name });
        expect(columns.map((column) => column.name)).toEqual(Object.keys(table.columns));
        for (const [i, kind] of Object.values(table.columns).entries()) expect(columns[i]!.type).toMatch(typesOf[kind]);
      },
    );

    test('a file that was changed after it had run is refused by its name', async () => {
      await store.command('TRUNCATE TABLE schema_migrations');
      await store.command(`INSERT INTO schema_migrations VALUES ('0003_heartbeats.sql', 'another', 0)`);
      await expect(migrateTelemetry(store, now)).rejects.toThrow(/0003_heartbeats\.sql was changed/);
      expect((await store.query(applied, {})).map(({ name }) => name)).not.toContain('0004_task_events.sql');
    });
  });
});
