import { ClickHouseError } from '@clickhouse/client';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { rawPoints } from '../../store/queries/points.ts';
import { definePackedQuery, defineQuery, defineStatement } from '../../store/query.ts';
import { defineTable, type RowOf } from '../../store/table.ts';
import { allTables, samplesTable, taskEventsTable } from '../../store/tables.ts';
import { openTelemetryStore, type StatementReport, type TelemetryStore } from '../../store/telemetry.ts';
import { rowOf, text } from './arbitraries.ts';
import { countRows, mondayMs, readAll, readRows, rolledUp, sampleRows, taskEvent } from './rows.ts';
import { newTenant, startTelemetry, type TestTelemetry, telemetryTargets } from './targets.ts';

const echo = defineQuery({
  name: 'echo',
  sql: 'SELECT {text:String} AS text, {list:Array(String)} AS list, {number:Float64} AS number',
  params: z.object({ text: z.string(), list: z.array(z.string()), number: z.number() }),
  row: z.object({ text: z.string(), list: z.array(z.string()), number: z.number() }),
});

const settings = defineQuery({
  name: 'changed_settings',
  sql: `SELECT name FROM system.settings WHERE changed AND name IN ('insert_deduplication_token', 'insert_deduplicate', 'log_comment',
    'deduplicate_blocks_in_dependent_materialized_views', 'async_insert', 'max_partitions_per_insert_block',
    'max_threads', 'optimize_aggregation_in_order', 'wait_end_of_query') ORDER BY name`,
  params: z.object({}),
  row: z.object({ name: z.string() }),
});

const broken = defineQuery({
  name: 'broken',
  sql: 'SELECT no_such_column FROM samples',
  params: z.object({}),
  row: z.object({}),
});

const packed = definePackedQuery({
  name: 'packed',
  sql: `SELECT toUInt64(arrayJoin({ids:Array(String)})) AS id, id > 5, [(toDateTime(60, 'UTC'), id / 2), (toDateTime(120, 'UTC'), nan)] ORDER BY id`,
  params: z.object({ ids: z.array(z.string()) }),
  columns: { id: 'id', isLarge: 'flag', points: 'points' },
  settings: { max_threads: 1, optimize_aggregation_in_order: 1 },
});

describe.each(telemetryTargets)('the telemetry store over $name', ({ isAvailable, ...target }) => {
  describe.skipIf(!isAvailable)('keeps its contract', () => {
    let telemetry: TestTelemetry;
    let store: TelemetryStore;
    const reports: StatementReport[] = [];

    beforeAll(async () => {
      telemetry = await startTelemetry({ isAvailable, ...target }, (report) => reports.push(report));
      store = telemetry.store;
    });
    afterAll(() => telemetry?.stop());

    test.each(allTables.map((table) => ({ name: table.name, table })))(
      'rows of $name come back exactly, whatever text, numbers, maps and times they hold',
      async ({ table }) => {
        await fc.assert(
          fc.asyncProperty(fc.array(rowOf(table), { minLength: 20, maxLength: 40 }), async (arbitrary) => {
            const tenant = `${newTenant()}/`;
            const rows = arbitrary.map((row, i) => ({ ...row, tenant: tenant + String(i).padStart(2, '0') }));
            await store.insert(table, rows as RowOf<typeof table>[]);
            expect(await readRows(store, table, tenant)).toEqual(rows);
          }),
          { numRuns: 3, endOnFailure: true },
        );
      },
    );

    test('a row of nothing but blank text is stored, and so are the rows after it', async () => {
      await store.command('CREATE TABLE blanks (tenant String, text String) ENGINE = MergeTree ORDER BY tenant');
      const blanks = defineTable('blanks', { tenant: 'text', text: 'text' });
      const rows = ['', '', '\n\n', ' ', ''].map((content) => ({ tenant: '', text: content }));
      await store.insert(blanks, [...rows, { tenant: '', text: 'last' }]);
      const read = await readRows(store, blanks, '');
      expect(read.map((row) => row.text).sort()).toEqual(['', '', '', '\n\n', ' ', 'last'].sort());
    });

    test('more rows than one turn of the event loop encodes are stored in one insert', async () => {
      const tenant = newTenant();
      const rows = sampleRows(
        tenant,
        Array.from({ length: 9001 }, (_, i) => i),
      );
      await store.insert(samplesTable, rows);
      expect(await countRows(store, 'samples', tenant)).toBe(9001);
      const range = { tenant, id: rows[0]!.series_id, from: mondayMs, to: mondayMs + 9001 * 1000 };
      expect((await store.query(rawPoints, range))[0]!.values).toEqual(rows.map(({ value }) => value));
    });

    test('no rows are no statement that could fail', async () => {
      await expect(store.insert(defineTable('no_such_table', { a: 'text' }), [])).resolves.toBeUndefined();
    });

    test('a parameter is a value and never SQL', async () => {
      // Text with NUL is refused at the door of Fleetcast, and no HTTP parameter holds it.
      const textWithoutNul = text.map((value) => value.replaceAll('\0', ''));
      await fc.assert(
        fc.asyncProperty(textWithoutNul, fc.array(textWithoutNul, { maxLength: 3 }), async (given, list) => {
          expect(await store.query(echo, { text: given, list, number: 1.5 })).toEqual([
            { text: given, list, number: 1.5 },
          ]);
        }),
        { numRuns: 40, endOnFailure: true },
      );
    });

    test('rows of many numbers are read as bytes, and their errors are those of every query', async () => {
      const rows = await store.queryPacked(packed, { ids: ['18446744073709551615', '3'] });
      expect(rows.map(({ id, isLarge, points }) => [id, isLarge, [...points.times], [...points.values]])).toEqual([
        ['3', false, [60_000], [1.5]],
        ['18446744073709551615', true, [60_000], [2 ** 63]],
      ]);
      expect(await store.queryPacked(packed, { ids: [] })).toEqual([]);
      await expect(store.queryPacked(packed, { ids: ['x'] })).rejects.toBeInstanceOf(ClickHouseError);
    });

    test('what a query gave before it failed reaches nobody, whoever waits behind it', async () => {
      const late = { ...packed, sql: 'SELECT number, throwIf(number = 3000000), [] FROM numbers(3000001)' };
      const failed = store.queryPacked(late, { ids: [] });
      const next = [store.query(echo, { text: 'a', list: [], number: 1 }), store.queryPacked(packed, { ids: ['3'] })];
      await expect(failed).rejects.toMatchObject({ code: '395' });
      expect((await Promise.all(next)).map((rows) => rows.length)).toEqual([1, 1]);
    });

    test('parameters of one query are not seen by the next', async () => {
      await store.query(echo, { text: 'secret', list: [], number: 1 });
      const forgetful = defineQuery({ ...echo, name: 'forgetful', params: z.object({}) });
      await expect(store.query(forgetful, {})).rejects.toMatchObject({ code: '456' });
    });

    test('a failed statement throws ClickHouseError with the code and the type of ClickHouse', async () => {
      const failures = [
        store.query(broken, {}),
        store.run(
          defineStatement({
            name: 'broken_run',
            sql: 'INSERT INTO samples SELECT no_such_column',
            params: z.object({}),
          }),
          {},
        ),
        store.insert(defineTable('no_such_table', { a: 'text', b: 'text' }), [{ a: 'x', b: '' }]),
        store.command('CREATE TABL t'),
      ];
      const errors = await Promise.allSettled(failures);
      const reasons = errors.map((error) => (error as PromiseRejectedResult).reason as ClickHouseError);
      for (const reason of reasons) expect(reason).toBeInstanceOf(ClickHouseError);
      expect(reasons.map(({ code, type }) => [code, type])).toEqual([
        ['47', 'UNKNOWN_IDENTIFIER'],
        ['47', 'UNKNOWN_IDENTIFIER'],
        ['60', 'UNKNOWN_TABLE'],
        ['62', 'SYNTAX_ERROR'],
      ]);
    });

    test('an insert of which one row is wrong throws and stores none of it', async () => {
      const tenant = newTenant();
      const rows = sampleRows(tenant, [1, 2]);
      const wrong = store.insert(samplesTable, [rows[0]!, { ...rows[1]!, aggregation: 'no such' }]);
      await expect(wrong).rejects.toBeInstanceOf(ClickHouseError);
      expect(await countRows(store, 'samples', tenant)).toBe(0);
    });

    test('a wrong parameter is refused before ClickHouse is asked, a wrong row after', async () => {
      await expect(store.query(echo, { text: 1, list: [], number: 1 } as never)).rejects.toBeInstanceOf(z.ZodError);
      const strict = defineQuery({ ...echo, row: z.object({ text: z.number() }) });
      await expect(store.query(strict, { text: 'a', list: [], number: 1 })).rejects.toBeInstanceOf(z.ZodError);
    });

    test('settings of one statement do not leak into the next', async () => {
      const tenant = newTenant();
      await store.insert(samplesTable, sampleRows(tenant, [1]), { token: `${tenant}-a` });
      await store.query(echo, { text: '', list: [], number: 0 });
      await store.queryPacked(packed, { ids: ['1'] });
      // The question itself carries a comment of its own.
      expect(await store.query(settings, {})).toEqual([{ name: 'log_comment' }]);
      for (let i = 2; i <= 5; i++) await store.insert(samplesTable, sampleRows(tenant, [i]));
      expect(await rolledUp(store, tenant)).toBe(5);
    });

    test('the same token twice is stored once, also in what views derive', async () => {
      const tenant = newTenant();
      for (let i = 0; i < 3; i++)
        await store.insert(samplesTable, sampleRows(tenant, [1, 2]), { token: `${tenant}-a` });
      expect([await countRows(store, 'samples', tenant), await rolledUp(store, tenant)]).toEqual([2, 2]);
    });

    test('the same token twice is stored once in what views of views derive', async () => {
      const tenant = newTenant();
      const rows = [
        taskEvent(tenant, 'build', 'succeeded', mondayMs, { duration_seconds: 2 }),
        taskEvent(tenant, 'build', 'failed', mondayMs + 1),
      ];
      for (let i = 0; i < 3; i++) await store.insert(taskEventsTable, rows, { token: `${tenant}-a` });
      // Two attempts finished, two might have failed, one lasted.
      expect([await countRows(store, 'task_events', tenant), await rolledUp(store, tenant)]).toEqual([2, 5]);
    });

    test('two tokens with the same rows are two inserts, and so are two without a token', async () => {
      const tenant = newTenant();
      const [first, second] = [sampleRows(tenant, [1, 2]), sampleRows(newTenant(), [1, 2])];
      await store.insert(samplesTable, first, { token: `${tenant}-a` });
      await store.insert(samplesTable, first, { token: `${tenant}-b` });
      await store.insert(samplesTable, second);
      await store.insert(samplesTable, second);
      for (const { tenant: each } of [first[0]!, second[0]!]) {
        expect(await rolledUp(store, each)).toBe(4);
        // The key of the table itself keeps one of equal rows.
        expect(await readAll(store, 'samples', each)).toHaveLength(2);
      }
    });

    test('a token that could end its quotes is refused', async () => {
      const attempt = store.insert(samplesTable, sampleRows(newTenant(), [1]), { token: "a', async_insert='1" });
      await expect(attempt).rejects.toThrow(TypeError);
    });

    test('whoever asked to be told hears of each statement, how long it took and why it failed', async () => {
      reports.length = 0;
      await store.query(echo, { text: '', list: [], number: 0 });
      await store.insert(samplesTable, sampleRows(newTenant(), [1]));
      await store.query(broken, {}).catch(() => {});
      expect(reports).toEqual([
        { name: 'echo', seconds: expect.any(Number) },
        { name: 'insert_samples', seconds: expect.any(Number) },
        { name: 'broken', seconds: expect.any(Number), error: expect.any(ClickHouseError) },
      ]);
    });

    test('queries at the same time each get their own answer', async () => {
      const asked = Array.from({ length: 30 }, (_, i) => ({ text: `text ${i}`, list: [String(i)], number: i }));
      const answers = await Promise.all(asked.map((params) => store.query(echo, params)));
      expect(answers.flat()).toEqual(asked);
    });
  });
});

test('a database whose name could end its SQL is refused', async () => {
  await expect(openTelemetryStore({ url: 'http://127.0.0.1:1/a%3B%20DROP' })).rejects.toThrow(/letters, digits and _/);
});
