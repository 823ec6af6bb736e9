import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { migrateTelemetry } from '../../store/migrate-telemetry.ts';
import { type Grain, pointsOfSeries } from '../../store/queries/points.ts';
import { defineQuery } from '../../store/query.ts';
import { aggregations, allTables } from '../../store/tables.ts';
import { openTelemetryStore, type TelemetryStore } from '../../store/telemetry.ts';
import { runInProcess } from './processes.ts';
import { dayMs, insertSeries, mondayMs } from './rows.ts';
import { type TelemetryServer, telemetryTargets } from './targets.ts';

const now = () => new Date(0);
const files = readdirSync(new URL('../../store/schema/clickhouse/', import.meta.url)).sort();

const schema = defineQuery({
  name: 'schema',
  sql: `SELECT name, replaceAll(create_table_query, concat(currentDatabase(), '.'), '') AS sql FROM system.tables WHERE database = currentDatabase() AND name NOT LIKE '.inner%' ORDER BY name`,
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
  let whole: z.output<typeof schema.row>[] = [];

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
      whole = await store.query(schema, {});
      expect(await migrateTelemetry(store, now)).toEqual([]);
      expect(await store.query(schema, {})).toEqual(whole);
      expect((await store.query(applied, {})).map(({ name }) => name)).toEqual(files);
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
      await store.command(`INSERT INTO schema_migrations VALUES ('0001_samples.sql', 'another', 0)`);
      await expect(migrateTelemetry(store, now)).rejects.toThrow(/0001_samples\.sql was changed/);
      expect((await store.query(applied, {})).map(({ name }) => name)).not.toContain('0002_series.sql');
    });
  });

  test.skipIf(!isAvailable)(
    'a process that was stopped before it could note a file runs it again, and the schema is the same',
    async () => {
      const server = await start();
      const store = await openTelemetryStore({ url: server.url });
      const stoppedAt = new Set<string>();
      const stopping: TelemetryStore = {
        ...store,
        async insert(table, rows) {
          const [{ name }] = rows as unknown as [{ name: string }];
          if (stoppedAt.has(name)) return store.insert(table, rows);
          stoppedAt.add(name);
          throw new Error(`stopped at ${name}`);
        },
      };
      try {
        for (const file of files) await expect(migrateTelemetry(stopping, now)).rejects.toThrow(`stopped at ${file}`);
        expect(await migrateTelemetry(stopping, now)).toEqual(files.slice(-1));
        expect(await store.query(schema, {})).toEqual(whole);
      } finally {
        await store.close();
        await server.stop();
      }
    },
  );

  test.skipIf(!isAvailable)('what was rolled up before states had tables of their own is read as before', async () => {
    const server = await start();
    const store = await openTelemetryStore({ url: server.url });
    const older: TelemetryStore = {
      ...store,
      async command(sql) {
        if (sql.includes('rollup_minute_states')) throw new Error('the release before');
        await store.command(sql);
      },
    };
    const read = (id: string, grain: Grain) =>
      store.query(pointsOfSeries[grain], { tenant: 't', id, from: mondayMs, to: mondayMs + dayMs });
    try {
      await expect(migrateTelemetry(older, now)).rejects.toThrow('the release before');
      const ids: string[] = [];
      const points = [3, 1, 2].map((value, i) => ({ time: mondayMs + i * 1000, value }));
      for (const aggregation of aggregations) {
        ids.push(
          await insertSeries(store, { tenant: 't', metric: aggregation, aggregation, points: points.slice(0, 2) }),
        );
        // Of two inserts, so that states are merged.
        await insertSeries(store, { tenant: 't', metric: aggregation, aggregation, points: points.slice(2) });
      }
      await migrateTelemetry(store, now);
      for (const grain of ['minute', 'hour'] as const) {
        const values = await Promise.all(ids.map(async (id) => (await read(id, grain))[0]!.values[0]));
        expect(values, grain).toEqual([2, 6, 1, 3, 2, 2, 3, 3]);
      }
    } finally {
      await store.close();
      await server.stop();
    }
  });
});
