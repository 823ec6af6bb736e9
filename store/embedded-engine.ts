import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { createClient } from '@clickhouse/client';
import { unifyError } from './clickhouse-errors.ts';
import type { Engine } from './engine.ts';
import { openFileInserts } from './file-inserts.ts';
import { createOneByOne } from './one-by-one.ts';

/**
 * Opens chDB, ClickHouse in the process, on a folder. What it runs cannot be stopped, so nothing of it has a deadline.
 *
 * @throws Error when chDB is not installed on this platform.
 */
export async function openEmbeddedEngine(path: string): Promise<Engine> {
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
  const inTurn = createOneByOne(() => client.command({ query: 'SELECT 1' }));
  const unified = <T>(answer: Promise<T>) =>
    answer.catch((thrown: unknown) => {
      throw unifyError(thrown);
    });
  return {
    client,
    ask: (question) => unified(inTurn(() => question({}))),
    run: async (statement) => void (await unified(statement({}))),
    async send(block, settings) {
      if (block.widths !== undefined) return unified(sendBinary(block, settings));
      const { table, columns, rows, chunks } = block;
      const values = Buffer.concat(chunks);
      const insert = { table, columns, values, format: 'TSV', settings } as const;
      const { rowsWritten } = await unified(connection.chdb.rawInsert(insert));
      if (rowsWritten < rows) throw new Error(`chDB took ${rowsWritten} of ${rows} rows for ${table}`);
    },
    giveUp() {},
    async close() {
      await client.close();
      rmSync(insertsFolder, { recursive: true, force: true });
    },
  };
}
