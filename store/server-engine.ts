import { Readable } from 'node:stream';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { createClickHouseDoor } from './clickhouse-door.ts';
import type { Engine } from './engine.ts';
import { settingsText } from './query-settings.ts';

export interface ServerTimeouts {
  /** For so long a server may be silent. */
  timeoutSeconds: number;
  insertTimeoutSeconds: number;
}

/**
 * Opens a ClickHouse server, whose database is created when it does not exist.
 *
 * Inserts have connections of their own, so that they do not wait behind queries. A repeatable one has a short deadline,
 * which doubles with each that ran out, up to `timeoutSeconds`: ClickHouse goes on with what was given up, and
 * one that is slow is not to be given the same block again and again. The next that is answered makes it short again.
 *
 * @throws Error of a name that is none of a database, or when the server does not answer.
 */
export async function openServerEngine(
  url: string,
  { timeoutSeconds, insertTimeoutSeconds }: ServerTimeouts,
): Promise<Engine> {
  const { origin, username, password, pathname } = new URL(url);
  const database = decodeURIComponent(pathname.slice(1)) || 'default';
  if (!/^\w+$/.test(database))
    throw new Error(`database ${JSON.stringify(database)}: allowed are letters, digits and _`);
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
  const bootstrap = createClient(options);
  try {
    await bootstrap.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` });
  } finally {
    await bootstrap.close();
  }
  const client = createClient({ ...options, database });
  const inserts = createClient({ ...options, database });
  const door = createClickHouseDoor();
  let patienceSeconds = insertTimeoutSeconds;

  async function inPatience(insert: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const given = patienceSeconds;
    const started = performance.now();
    try {
      await door.ask(insert, given);
      patienceSeconds = insertTimeoutSeconds;
    } catch (error) {
      const hasRunOut = performance.now() - started >= given * 1000;
      if (hasRunOut) patienceSeconds = Math.max(given, Math.min(2 * given, timeoutSeconds));
      throw error;
    }
  }

  return {
    client,
    ask: (question, seconds) => door.ask((abort_signal) => question({ abort_signal }), seconds),
    run: (statement) => door.ask(async (abort_signal) => void (await statement({ abort_signal }))),
    async send({ table, columns, widths, chunks }, settings, { isRepeatable }) {
      const format = widths === undefined ? 'TabSeparated' : 'RowBinary';
      const query = `INSERT INTO ${table} (${columns.join(', ')}) SETTINGS ${settingsText(settings)} FORMAT ${format}`;
      const insert = async (abort_signal: AbortSignal) => {
        const values = Readable.from(chunks, { objectMode: false });
        const { stream } = await inserts.exec({ query, values, abort_signal });
        for await (const _ of stream) {
          // An answer that is not read keeps its connection.
        }
      };
      await (isRepeatable ? inPatience(insert) : door.ask(insert));
    },
    giveUp: door.close,
    async close() {
      door.close();
      await Promise.all([client.close(), inserts.close()]);
    },
  };
}
