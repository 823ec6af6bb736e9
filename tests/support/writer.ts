import { openWriter, type Writer, type WriterOptions } from '../../ingest/writer.ts';
import { temporaryDirectory } from './temporary.ts';

export interface TestWriter {
  writer: Writer;
  /** Where its spool is. */
  folder: string;
  /** Writes, and waits until the rows can be read. */
  store: Writer['write'];
  close(): Promise<void>;
}

/** A writer whose spool is in a temporary folder, which goes with it, or in one that is given. */
export async function openTestWriter(
  store: WriterOptions['store'],
  { folder, spool, ...options }: Partial<Omit<WriterOptions, 'spool'>> & { folder?: string; spool?: object } = {},
): Promise<TestWriter> {
  const directory = folder === undefined ? temporaryDirectory() : undefined;
  const path = folder ?? directory!.path;
  const mebibyte = 2 ** 20;
  const writer = await openWriter({
    store,
    spool: { folder: path, maxBytes: 64 * mebibyte, segmentMaxBytes: 16 * mebibyte, ...spool },
    maxPendingBytes: 16 * mebibyte,
    drainAgeMs: 5,
    dedupRecords: 10_000,
    quarantine: () => Promise.reject(new Error('no row was expected to be refused')),
    ...options,
  });
  return {
    writer,
    folder: path,
    async store(table, rows) {
      const written = await writer.write(table, rows);
      await writer.caughtUp(10_000);
      return written;
    },
    async close() {
      await writer.close();
      directory?.remove();
    },
  };
}

/** A store that is gone right after it has taken the first block: whoever wrote it never hears that it was stored. */
export function goneAfterInsert(store: WriterOptions['store']): WriterOptions['store'] & { isGone(): boolean } {
  let isGone = false;
  return {
    ...store,
    isGone: () => isGone,
    async insertBlock(...block) {
      if (isGone) throw new Error('gone');
      await store.insertBlock(...block);
      isGone = true;
      throw new Error('gone');
    },
  };
}
