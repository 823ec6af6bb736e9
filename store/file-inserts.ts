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
 * first two columns, tenant and series, for the views take less time where the rows of a series stand side by side; of
 * one series they stay as they came, for of two rows of one time the later counts.
 */
export function openFileInserts(
  client: ClickHouseClient,
  folder: string,
): (block: EncodedBlock, settings: Settings) => Promise<void> {
  const asOneBlock = {
    ...{ max_threads: 1, max_insert_threads: 1, max_block_size: maxBlockRows },
    ...{ min_insert_block_size_rows: maxBlockRows, min_insert_block_size_bytes: 0 },
    use_structure_from_insertion_table_in_table_functions: 1,
  };
  let files = 0;
  return async ({ table, columns, chunks }, settings) => {
    // What a killed process left goes once the engine is open, and so nobody else's: its folder has one owner.
    if (files === 0) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
    }
    const path = join(folder, `${files++}.bin`);
    const names = columns.join(', ');
    try {
      await writeNew(path, chunks);
      await client.command({
        query: `INSERT INTO ${table} (${names}) SELECT * FROM file('${escapeText(path)}', 'RowBinary')
          ORDER BY ${columns.slice(0, 2).join(', ')}, rowNumberInAllBlocks()
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
