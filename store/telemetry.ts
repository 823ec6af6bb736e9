import type { ClickHouseClient } from '@clickhouse/client';
import type { z } from 'zod';
import { createBreather } from '../telemetry/turn.ts';
import { isRefusal } from './clickhouse-errors.ts';
import { openEmbeddedEngine } from './embedded-engine.ts';
import type { Stoppable } from './engine.ts';
import type { PackedQuery, Query, Statement } from './query.ts';
import { type Settings, settingsText } from './query-settings.ts';
import { decodeRows, type PackedColumns, type PackedRow, readWhole } from './row-binary.ts';
import type { RowWidths } from './row-widths.ts';
import { openServerEngine } from './server-engine.ts';
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
  /** For how long a server may be silent before a statement is given up. The embedded engine cannot be stopped. */
  timeoutSeconds?: number;
  /** After how long an insert with a token is given up on a server, to be sent again (`server-engine.ts`). */
  insertTimeoutSeconds?: number;
}

/** Rows as an insert takes them: RowBinary with columns of the given widths, TabSeparated without widths. */
export interface EncodedBlock {
  table: string;
  columns: readonly string[];
  widths?: RowWidths;
  rows: number;
  /** Whole rows one after the other, in as many pieces as they came in. */
  chunks: readonly Buffer[];
}

/**
 * The append-only store of telemetry and results: ClickHouse, in the process or on a server, behind one client.
 */
export interface TelemetryStore {
  readonly engine: 'chdb' | 'clickhouse';
  /**
   * Rows of a query, checked against its schema. Throws `StoreAwayError` when the server does not answer, `ClickHouseError`
   * when it refuses the query, or `ZodError` on a wrong parameter.
   */
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
  /** The same store for those whom a client waits for: their queries are given up after so long. */
  within(timeoutSeconds: number): TelemetryStore;
  /** Gives up what is under way on a server, and whatever is asked from now on. */
  giveUp(): void;
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
  insertTimeoutSeconds = 10,
}: TelemetryStoreOptions): Promise<TelemetryStore> {
  const embedded = url.startsWith('chdb:');
  const { client, ask, run, send, giveUp, close } = embedded
    ? await openEmbeddedEngine(url.slice('chdb:'.length))
    : await openServerEngine(url, { timeoutSeconds, insertTimeoutSeconds });

  const noDeduplication = await findNoDeduplication(client);

  async function measured<T>(name: string, run: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      const result = await run();
      onStatement({ name, seconds: (performance.now() - started) / 1000 });
      return result;
    } catch (error) {
      onStatement({ name, seconds: (performance.now() - started) / 1000, error });
      throw error;
    }
  }

  const insertBlock: TelemetryStore['insertBlock'] = (block, { token } = {}) =>
    measured(`insert_${block.table}`, () => {
      const settings = {
        async_insert: 0,
        ...(token === undefined ? noDeduplication : tokenSettings(token)),
        max_partitions_per_insert_block: 0,
        log_comment: `insert_${block.table}`,
      };
      return send(block, settings, { isRepeatable: token !== undefined });
    });

  // Settings stand in the statements: given to the client, chDB would keep them for every later statement.
  const queriesWithin = (seconds?: number): Pick<TelemetryStore, 'query' | 'queryPacked'> => ({
    query: (query, params) =>
      measured(query.name, async () => {
        const statement = {
          query: `${query.sql}\nSETTINGS log_comment = '${query.name}', output_format_json_quote_64bit_integers = 1`,
          query_params: query.params.parse(params) as Record<string, unknown>,
          format: 'JSONEachRow',
        } as const;
        const read = async (stoppable: Stoppable) => (await client.query({ ...statement, ...stoppable })).text();
        return parseRows(await ask(read, seconds), query.row);
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
        const read = async (stoppable: Stoppable) =>
          readWhole((await client.exec({ ...statement, ...stoppable })).stream);
        return decodeRows(await ask(read, seconds), query.columns);
      }),
  });

  const store: TelemetryStore = {
    engine: embedded ? 'chdb' : 'clickhouse',

    ...queriesWithin(),

    run: (statement, params) =>
      measured(statement.name, async () => {
        const query_params = statement.params.parse(params) as Record<string, unknown>;
        const query = `${statement.sql}\nSETTINGS ${settingsText(noDeduplication)}, log_comment = '${statement.name}'`;
        await run((stoppable) => client.command({ query, query_params, ...stoppable }));
      }),

    insert: async (table, rows, options) => {
      if (rows.length === 0) return;
      const chunks = await encodeInTurns(table, rows);
      await insertBlock({ table: table.name, columns: Object.keys(table.columns), rows: rows.length, chunks }, options);
    },

    insertBlock,

    isRefusal,

    command: (sql) =>
      measured('command', async () => {
        await run((stoppable) => client.command({ query: sql, ...stoppable }));
      }),

    within: (seconds) => ({ ...store, ...queriesWithin(seconds) }),

    giveUp,
    close,
  };
  return store;
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

/** Encodes rows a hundred at a time, giving way to the event loop in between. */
async function encodeInTurns<T extends Table>(table: T, rows: readonly RowOf<T>[]): Promise<Buffer[]> {
  const rowsAtOnce = 100;
  const chunks: Buffer[] = [];
  const breather = createBreather();
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    chunks.push(Buffer.from(encodeRows(table, rows.slice(start, start + rowsAtOnce))));
    if (breather.isDue()) await breather.now();
  }
  return chunks;
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
