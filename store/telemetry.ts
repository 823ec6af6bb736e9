import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { z } from 'zod';
import { createBreather, nextTurn } from '../telemetry/turn.ts';
import { isRefusal, unifyError } from './clickhouse-errors.ts';
import { openFileInserts } from './file-inserts.ts';
import { createOneByOne } from './one-by-one.ts';
import type { PackedQuery, Query, Statement } from './query.ts';
import { type Settings, settingsText } from './query-settings.ts';
import { decodeRows, type PackedColumns, type PackedRow, readWhole } from './row-binary.ts';
import type { RowWidths } from './row-widths.ts';
import { encodeRows, type RowOf, type Table } from './table.ts';

/** What the store tells of each statement it ran; `error` is there when it failed. */
export interface StatementReport {
  name: string;
  seconds: number;
  error?: unknown;
}

export interface TelemetryStoreOptions {
  /** `chdb:PATH` for the embedded engine, `http://user:password@host:8123/database` for a server. */
  url: string;
  onStatement?: (report: StatementReport) => void;
  /** After how long a statement on a server is given up. */
  timeoutSeconds?: number;
}

/** Rows as an insert takes them: RowBinary with columns of the given widths, TabSeparated without widths. */
export interface EncodedBlock {
  table: string;
  columns: readonly string[];
  widths?: RowWidths;
  rows: number;
  bytes: Buffer;
}

/**
 * The append-only store of telemetry and results: ClickHouse, in the process or on a server, behind one client.
 */
export interface TelemetryStore {
  readonly engine: 'chdb' | 'clickhouse';
  /** Rows of a query, checked against its schema. Throws `ClickHouseError`, or `ZodError` on a wrong parameter. */
  query<P extends z.ZodType, R extends z.ZodType>(query: Query<P, R>, params: z.input<P>): Promise<z.output<R>[]>;
  /** The same for rows of many numbers, all of which are in memory at once. Throws `ClickHouseError`, `ZodError` or `RangeError`. */
  queryPacked<P extends z.ZodType, C extends PackedColumns>(
    query: PackedQuery<P, C>,
    params: z.input<P>,
  ): Promise<PackedRow<C>[]>;
  /** Runs a statement without rows. */
  run<P extends z.ZodType>(statement: Statement<P>, params: z.input<P>): Promise<void>;
  /**
   * Stores rows in one block and returns when they are stored. With a `token`, ClickHouse drops a block that it has
   * already stored under the same token, in the table and in what its views derive; without one, it drops none.
   */
  insert<T extends Table>(table: T, rows: readonly RowOf<T>[], options?: { token?: string }): Promise<void>;
  /**
   * The same for rows that are encoded already, in the order of the columns: one block, of a million rows at most.
   */
  insertBlock(block: EncodedBlock, options?: { token?: string }): Promise<void>;
  /** Whether ClickHouse said that the rows themselves are at fault: sent again, they would be refused again. */
  isRefusal(error: unknown): boolean;
  /** Runs SQL of the migrations. */
  command(sql: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the store that the URL names. A server's database is created when it does not exist.
 *
 * @example
 * const store = await openTelemetryStore({ url: 'chdb:./data/clickhouse' });
 */
export async function openTelemetryStore({
  url,
  onStatement = () => {},
  timeoutSeconds = 60,
}: TelemetryStoreOptions): Promise<TelemetryStore> {
  const embedded = url.startsWith('chdb:');
  const { client, send, close } = embedded
    ? await openEmbedded(url.slice('chdb:'.length))
    : await openServer(url, timeoutSeconds);

  const noDeduplication = await findNoDeduplication(client);
  const inTurn = embedded ? createOneByOne(() => client.command({ query: 'SELECT 1' })) : <T>(ask: () => T) => ask();

  async function measured<T>(name: string, run: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      const result = await run();
      onStatement({ name, seconds: (performance.now() - started) / 1000 });
      return result;
    } catch (thrown) {
      const error = embedded ? unifyError(thrown) : thrown;
      onStatement({ name, seconds: (performance.now() - started) / 1000, error });
      throw error;
    }
  }

  const insertBlock: TelemetryStore['insertBlock'] = (block, { token } = {}) =>
    measured(`insert_${block.table}`, () =>
      send(block, {
        async_insert: 0,
        ...(token === undefined ? noDeduplication : tokenSettings(token)),
        max_partitions_per_insert_block: 0,
        log_comment: `insert_${block.table}`,
      }),
    );

  // Settings stand in the statements: given to the client, chDB would keep them for every later statement.
  return {
    engine: embedded ? 'chdb' : 'clickhouse',

    query: (query, params) =>
      measured(query.name, async () => {
        const statement = {
          query: `${query.sql}\nSETTINGS log_comment = '${query.name}', output_format_json_quote_64bit_integers = 1`,
          query_params: query.params.parse(params) as Record<string, unknown>,
          format: 'JSONEachRow',
        } as const;
        return parseRows(await inTurn(async () => (await client.query(statement)).text()), query.row);
      }),

    queryPacked: (query, params) =>
      measured(query.name, async () => {
        const settings = settingsText({ ...query.settings, log_comment: query.name });
        const statement = {
          query: `${query.sql}\nSETTINGS ${settings} FORMAT RowBinary`,
          query_params: query.params.parse(params) as Record<string, unknown>,
          // A server would write an error that comes late into the midst of the rows. chDB is not given it.
          clickhouse_settings: { wait_end_of_query: 1 },
        } as const;
        return decodeRows(await inTurn(async () => readWhole((await client.exec(statement)).stream)), query.columns);
      }),

    run: (statement, params) =>
      measured(statement.name, async () => {
        const query_params = statement.params.parse(params) as Record<string, unknown>;
        const query = `${statement.sql}\nSETTINGS ${settingsText(noDeduplication)}, log_comment = '${statement.name}'`;
        await client.command({ query, query_params });
      }),

    insert: async (table, rows, options) => {
      if (rows.length === 0) return;
      const bytes = await encodeInTurns(table, rows);
      await insertBlock({ table: table.name, columns: Object.keys(table.columns), rows: rows.length, bytes }, options);
    },

    insertBlock,

    isRefusal,

    command: (sql) =>
      measured('command', async () => {
        await client.command({ query: sql });
      }),

    close,
  };
}

/** Reads JSONEachRow, giving way to the event loop between rows. */
async function parseRows<R extends z.ZodType>(text: string, schema: R): Promise<z.output<R>[]> {
  const rows: z.output<R>[] = [];
  const breather = createBreather();
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    if (end > start) rows.push(schema.parse(JSON.parse(text.slice(start, end))));
    start = end + 1;
    if (breather.isDue()) await breather.now();
  }
  return rows;
}

/** Encodes rows a thousand at a time, giving way to the event loop in between. */
async function encodeInTurns<T extends Table>(table: T, rows: readonly RowOf<T>[]): Promise<Buffer> {
  const rowsPerTurn = 1000;
  const chunks: Buffer[] = [];
  for (let start = 0; start < rows.length; start += rowsPerTurn) {
    if (start > 0) await nextTurn();
    chunks.push(Buffer.from(encodeRows(table, rows.slice(start, start + rowsPerTurn))));
  }
  return Buffer.concat(chunks);
}

/** Without a token, an insert that equals an earlier one is not the same; how to say so differs between versions. */
async function findNoDeduplication(client: ClickHouseClient): Promise<Settings> {
  const query = "SELECT count() AS known FROM system.settings WHERE name = 'deduplicate_insert'";
  const [row] = await (await client.query({ query, format: 'JSONEachRow' })).json<{ known: string | number }>();
  return Number(row?.known) > 0 ? { deduplicate_insert: 'disable' } : { insert_deduplicate: 0 };
}

function tokenSettings(token: string): Settings {
  if (!/^[\w:.-]+$/.test(token))
    throw new TypeError(`deduplication token ${JSON.stringify(token)}: allowed are letters, digits and _ : . -`);
  return {
    insert_deduplicate: 1,
    deduplicate_blocks_in_dependent_materialized_views: 1,
    insert_deduplication_token: token,
  };
}

/** A client, and the way of a block into its server. */
interface Opened {
  client: ClickHouseClient;
  send(block: EncodedBlock, settings: Settings): Promise<void>;
  close(): Promise<void>;
}

async function openEmbedded(path: string): Promise<Opened> {
  const { createChdbConnection } = await import('chdb/connection').catch((cause: unknown) => {
    throw new Error(
      'the embedded ClickHouse (npm package chdb) is not installed on this platform; set CLICKHOUSE_URL to a ClickHouse server',
      { cause },
    );
  });
  mkdirSync(path, { recursive: true });
  const connection = createChdbConnection({ path });
  // chDB types its connection against its own copy of the client's types.
  const client = createClient({ connection: connection as never } as Parameters<typeof createClient>[0]);
  const insertsFolder = `${resolve(path)}-inserts`;
  const sendBinary = openFileInserts(client, insertsFolder);
  return {
    client,
    async close() {
      await client.close();
      rmSync(insertsFolder, { recursive: true, force: true });
    },
    async send(block, settings) {
      if (block.widths !== undefined) return sendBinary(block, settings);
      const { table, columns, rows, bytes } = block;
      const { rowsWritten } = await connection.chdb.rawInsert({
        table,
        columns,
        values: bytes,
        format: 'TSV',
        settings,
      });
      if (rowsWritten < rows) throw new Error(`chDB took ${rowsWritten} of ${rows} rows for ${table}`);
    },
  };
}

async function openServer(url: string, timeoutSeconds: number): Promise<Opened> {
  const { origin, username, password, pathname } = new URL(url);
  const database = decodeURIComponent(pathname.slice(1)) || 'default';
  const options = {
    url: origin,
    username: decodeURIComponent(username) || 'default',
    password: decodeURIComponent(password),
    request_timeout: timeoutSeconds * 1000,
    max_open_connections: 20,
    application: 'fleetcast',
    // It would write text of its own to our log; whoever opened the store is told of errors.
    log: { level: ClickHouseLogLevel.OFF },
  };
  if (!/^\w+$/.test(database))
    throw new Error(`database ${JSON.stringify(database)}: allowed are letters, digits and _`);
  const bootstrap = createClient(options);
  try {
    await bootstrap.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` });
  } finally {
    await bootstrap.close();
  }
  const client = createClient({ ...options, database });
  return {
    client,
    close: () => client.close(),
    async send({ table, columns, widths, bytes }, settings) {
      const format = widths === undefined ? 'TabSeparated' : 'RowBinary';
      const { stream } = await client.exec({
        query: `INSERT INTO ${table} (${columns.join(', ')}) SETTINGS ${settingsText(settings)} FORMAT ${format}`,
        values: Readable.from([bytes], { objectMode: false }),
      });
      for await (const _ of stream) {
        // An answer that is not read keeps its connection.
      }
    },
  };
}
