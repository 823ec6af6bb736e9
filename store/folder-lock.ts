import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Takes a folder for this process alone. The lock is that of SQLite on a file in it, which the operating system lets go
 * of when the process ends, however it ends.
 *
 * @returns a function that lets go.
 * @throws Error when another process has the folder.
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, 'lock.db'), { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new Error(`the folder ${folder} is locked by another process; each needs a data folder of its own`, {
      cause,
    });
  }
  return () => database.close();
}
