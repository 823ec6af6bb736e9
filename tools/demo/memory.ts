import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a start of the demo has to know of the ones before it. */
export interface DemoMemory {
  /** The end of the first history, which the incidents are laid out before. Unix milliseconds. */
  endMs: number;
  /** Everything before it has been sent. */
  sentUntilMs: number;
}

/** @returns undefined when the folder has seen no demo. */
export function readMemory(folder: string): DemoMemory | undefined {
  let text: string;
  try {
    text = readFileSync(pathIn(folder), 'utf8');
  } catch {
    return undefined;
  }
  const { endMs, sentUntilMs } = JSON.parse(text) as Partial<DemoMemory>;
  if (!Number.isSafeInteger(endMs) || !Number.isSafeInteger(sentUntilMs)) {
    throw new Error(`${pathIn(folder)} is not the demo's; remove ${folder} to begin anew`);
  }
  return { endMs: endMs!, sentUntilMs: sentUntilMs! };
}

/** Written aside and moved into place: a demo that is killed leaves the old one or the new one. */
export function writeMemory(folder: string, memory: DemoMemory): void {
  writeFileSync(`${pathIn(folder)}.new`, JSON.stringify(memory));
  renameSync(`${pathIn(folder)}.new`, pathIn(folder));
}

function pathIn(folder: string): string {
  return join(folder, 'demo.json');
}
