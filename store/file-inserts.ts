import { mkdirSync, rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { type Settings, settingsText } from './query-settings.ts';
import { escapeText } from './table.ts';
import type { EncodedBlock } from './telemetry.ts';
import { writeFully } from './write-fully.ts';

/** An insert of more rows is more than one block. */
const maxBlockRows = 1_000_000;

/**
 * chDB takes binary rows out of files alone: each block becomes one for as long as its insert runs. Its rows go by the
 * second column, the series, for the views take less time where the rows of a series stand side by side; of one series
 * they stay as they came, for of two rows of one time the later counts.
 */
export function openFileInserts(
  client: ClickHouseClient,
  folder: string,
): (block: EncodedBlock, settings: Settings) => Promise<void> {
  const asOneBlock = {
    ...{ max_threads: 1, max_insert_threads: 1, max_block_size: maxBlockRows },
    ...{ min_insert_block_size_rows: maxBlockRows, min_insert_block_size_bytes: 0 },
  };
  const structures = new Map<string, string>();
  let files = 0;

  /**
   * The columns with their types; of low cardinality none, for ClickHouse makes a dictionary of a whole column in a
   * fraction of the time that it takes while it reads rows.
   */
  async function structureOf(table: string, columns: readonly string[]): Promise<string> {
    const key = `${table} ${columns.join()}`;
    let structure = structures.get(key);
    if (structure === undefined) {
      const query =
        'SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String}';
      const answer = await client.query({ query, query_params: { table }, format: 'JSONEachRow' });
      const types = new Map(
        (await answer.json<{ name: string; type: string }>()).map(({ name, type }) => [name, type]),
      );
      structure = columns
        .map((name) => `${name} ${(types.get(name) ?? 'String').replace(/^LowCardinality\((.*)\)$/, '$1')}`)
        .join(', ');
      structures.set(key, structure);
    }
    return structure;
  }

  return async ({ table, columns, chunks }, settings) => {
    // What a killed process left goes once the engine is open, and so nobody else's: its folder has one owner.
    if (files === 0) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
    }
    const path = join(folder, `${files++}.bin`);
    const names = columns.join(', ');
    const structure = escapeText(await structureOf(table, columns));
    try {
      await writeNew(path, chunks);
      await client.command({
        query: `INSERT INTO ${table} (${names}) SELECT * FROM file('${escapeText(path)}', 'RowBinary', '${structure}')
          ORDER BY ${columns[1]}, rowNumberInAllBlocks()
          SETTINGS ${settingsText({ ...settings, ...asOneBlock })}`,
      });
    } finally {
      await rm(path, { force: true });
    }
  };
}

async function writeNew(path: string, chunks: readonly Buffer[]): Promise<void> {
  const file = await open(path, 'w');
  try {
    await writeFully(file, chunks, 0);
  } finally {
    await file.close();
  }
}
