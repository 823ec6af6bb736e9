import { type ChdbResult, Session } from 'chdb';
import { ClickHouseException, toClickHouseException } from './exception.ts';
import { assertOneStatement, formatOf, parseDataInsert } from './statement.ts';

/** One query as the server understands it. */
export interface Query {
  sql: string;
  /** A file with the rows of an INSERT, which the request sent as its body. */
  dataFile?: string;
  database?: string;
  settings: ReadonlyMap<string, string>;
  /** As the URL has them: escaped text, typed by the placeholder. */
  params: ReadonlyMap<string, string>;
  defaultFormat: string;
}

export interface QueryResult {
  body: Uint8Array;
  format: string;
  readRows: number;
  writtenRows: number;
  bytes: number;
  elapsedSeconds: number;
}

export interface Engine {
  version: string;
  /** @throws ClickHouseException */
  run(query: Query): Promise<QueryResult>;
  close(): void;
}

/**
 * Opens chDB on the folder `path`.
 *
 * Each query gets a connection of its own (about 1 ms), so its settings and parameters cannot reach the next one: they
 * are bound to the connection, as a server binds them to the request.
 */
export function openEngine(path: string): Engine {
  const root = new Session(path);
  const version = root.query('SELECT version()', 'TabSeparated').trim();
  const run = async (query: Query) => {
    const session = new Session(root.path);
    try {
      for (const statement of preparation(query)) session.query(statement);
      return await (query.dataFile === undefined
        ? runStatement(session, query)
        : runInsert(session, query, query.dataFile));
    } catch (error) {
      throw toClickHouseException(error, version);
    } finally {
      session.close();
    }
  };
  return { version, run, close: () => root.close() };
}

function preparation({ database, settings, params }: Query): string[] {
  return [
    ...(database === undefined ? [] : [`USE \`${database.replaceAll(/[`\\]/g, '\\$&')}\``]),
    ...[...params].map(([name, value]) => `SET ${identifier(`param_${name}`)} = ${literal(value)}`),
    ...[...settings].map(([name, value]) => `SET ${identifier(name)} = ${literal(value)}`),
  ];
}

async function runStatement(session: Session, { sql, defaultFormat }: Query): Promise<QueryResult> {
  assertOneStatement(sql);
  const result = await session.queryAsync(sql, { format: defaultFormat });
  return {
    ...measures(result),
    body: result.bytes(),
    format: formatOf(sql) ?? defaultFormat,
    readRows: result.rowsRead,
  };
}

/**
 * The rows go in by a file, as they are: chDB ends rows that follow a statement at the first empty line and runs what
 * comes after as SQL.
 */
async function runInsert(session: Session, { sql, defaultFormat }: Query, file: string): Promise<QueryResult> {
  const insert = parseDataInsert(sql);
  if (!insert) throw new Error('the statement takes no rows');
  const result = await session.queryAsync(
    `${insert.target} FROM INFILE ${literal(file)} COMPRESSION 'none' ${insert.tail}`,
  );
  return { ...measures(result), body: new Uint8Array(), format: defaultFormat, writtenRows: result.rowsRead };
}

function measures({ bytesRead, elapsed }: ChdbResult) {
  return { readRows: 0, writtenRows: 0, bytes: bytesRead, elapsedSeconds: elapsed };
}

function identifier(name: string): string {
  if (/^\w+$/.test(name)) return name;
  throw new ClickHouseException(`Code: 115. DB::Exception: Unknown setting '${name}'. (UNKNOWN_SETTING)\n`);
}

function literal(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
