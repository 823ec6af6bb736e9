import { readFile } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { parseTimestamp } from './timestamp.ts';

/** A span of time, both ends in it, in Unix milliseconds. */
export interface Window {
  fromMs: number;
  toMs: number;
}

/** What was found beside what was labelled. */
export interface Comparison<T extends Window> {
  windows: { window: Window; hits: T[] }[];
  outside: T[];
}

/**
 * Reads labelled windows in the format of NAB's `combined_windows.json`: file names, each with pairs of times.
 *
 * @returns the windows of a file: those under the name with which its path ends; undefined when there is none.
 * @throws Error when the file is not in that format.
 */
export async function readWindows(path: string): Promise<(csvPath: string) => Window[] | undefined> {
  const content: unknown = JSON.parse(await readFile(path, 'utf8'));
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw notWindows(path);
  const byFile = new Map(
    Object.entries(content).map(([file, pairs]) => {
      if (!Array.isArray(pairs)) throw notWindows(path);
      return [file, pairs.map((pair) => readPair(pair, path))];
    }),
  );
  return (csvPath) => {
    const full = resolve(csvPath).split(sep).join('/');
    const file = [...byFile.keys()].find((name) => full.endsWith(`/${name}`));
    return file === undefined ? undefined : byFile.get(file);
  };
}

/** Sets what was found beside the windows: it hits a window that it overlaps. */
export function compareWithWindows<T extends Window>(found: readonly T[], windows: readonly Window[]): Comparison<T> {
  const overlaps = (one: Window, other: Window) => one.fromMs <= other.toMs && other.fromMs <= one.toMs;
  return {
    windows: windows.map((window) => ({ window, hits: found.filter((span) => overlaps(span, window)) })),
    outside: found.filter((span) => !windows.some((window) => overlaps(span, window))),
  };
}

/** The union of windows, ascending; those no further apart than `gapMs` become one. */
export function mergeWindows(windows: readonly Window[], gapMs = 0): Window[] {
  const merged: Window[] = [];
  for (const { fromMs, toMs } of windows.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = merged.at(-1);
    if (last !== undefined && fromMs <= last.toMs + gapMs) last.toMs = Math.max(last.toMs, toMs);
    else merged.push({ fromMs, toMs });
  }
  return merged;
}

function readPair(pair: unknown, path: string): Window {
  const [fromMs, toMs] = Array.isArray(pair) ? pair.map((time) => parseTimestamp(String(time))) : [];
  if (fromMs === undefined || toMs === undefined) throw notWindows(path);
  return { fromMs, toMs };
}

function notWindows(path: string): Error {
  return new Error(`${path} is not a file of windows; expected {"folder/file.csv": [["FROM", "TO"], ...], ...}`);
}
