import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a start of the demo has to know of the ones before it. */
export interface DemoMemory {
  /** The end of the first history, which the incidents are laid out before. Unix milliseconds. */
  endMs: number;
  /** Everything before it has been sent. */
  sentUntilMs: number;
}

/**
 * @returns undefined when the folder has seen no demo.
 * @throws Error when what is there is not the demo's.
 */
export function readMemory(folder: string): DemoMemory | undefined {
  if (!existsSync(pathIn(folder))) return undefined;
  try {
    const { endMs, sentUntilMs } = JSON.parse(readFileSync(pathIn(folder), 'utf8')) as Partial<DemoMemory>;
    if (Number.isSafeInteger(endMs) && Number.isSafeInteger(sentUntilMs))
      return { endMs: endMs!, sentUntilMs: sentUntilMs! };
  } catch (cause) {
    throw notOurs(folder, cause);
  }
  throw notOurs(folder);
}

/** Written aside and moved into place: a demo that is killed leaves the old one or the new one. */
export function writeMemory(folder: string, memory: DemoMemory): void {
  writeFileSync(`${pathIn(folder)}.new`, JSON.stringify(memory));
  renameSync(`${pathIn(folder)}.new`, pathIn(folder));
}

function notOurs(folder: string, cause?: unknown): Error {
  return new Error(`${pathIn(folder)} is not the demo's; remove ${folder} to begin anew`, { cause });
}

function pathIn(folder: string): string {
  return join(folder, 'demo.json');
}
