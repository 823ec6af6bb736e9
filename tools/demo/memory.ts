import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { TimeWindow } from './window.ts';

const time = z.number().int();
const memorySchema = z.strictObject({
  endMs: time,
  sentUntilMs: time,
  gaps: z.array(z.strictObject({ fromMs: time, toMs: time })),
});

/** What a start of the demo has to know of the ones before it. Times are Unix milliseconds. */
export interface DemoMemory {
  /** The end of the first history, around which the incidents are laid out. */
  endMs: number;
  /** Everything before it has been sent, but for the gaps. */
  sentUntilMs: number;
  gaps: TimeWindow[];
}

/**
 * @returns undefined when the folder has seen no demo.
 * @throws Error when what is there is not the demo's.
 */
export function readMemory(folder: string): DemoMemory | undefined {
  if (!existsSync(pathIn(folder))) return undefined;
  try {
    return memorySchema.parse(JSON.parse(readFileSync(pathIn(folder), 'utf8')));
  } catch (cause) {
    throw new Error(`${pathIn(folder)} is not the demo's; remove ${folder} to begin anew`, { cause });
  }
}

/** Written aside and moved into place: a demo that is killed leaves the old one or the new one. */
export function writeMemory(folder: string, memory: DemoMemory): void {
  writeFileSync(`${pathIn(folder)}.new`, JSON.stringify(memory));
  renameSync(`${pathIn(folder)}.new`, pathIn(folder));
}

/**
 * What a start at `nowMs` begins with: a history of `days` that is missing as a whole, or the memory of the last start
 * and, as a further gap, the time since. Gaps that are older than the history is long are given up.
 */
export function resumeMemory(last: DemoMemory | undefined, days: number, nowMs: number): DemoMemory {
  const earliestMs = nowMs - days * 86_400_000;
  const gaps =
    last === undefined
      ? [{ fromMs: earliestMs, toMs: nowMs }]
      : [...last.gaps, { fromMs: last.sentUntilMs, toMs: nowMs }];
  return {
    endMs: last?.endMs ?? nowMs,
    sentUntilMs: nowMs,
    gaps: gaps
      .map(({ fromMs, toMs }) => ({ fromMs: Math.max(fromMs, earliestMs), toMs }))
      .filter(({ fromMs, toMs }) => fromMs < toMs),
  };
}

function pathIn(folder: string): string {
  return join(folder, 'demo.json');
}
