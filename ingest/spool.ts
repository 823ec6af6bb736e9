import { mkdirSync, readdirSync } from 'node:fs';
import { rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Block } from './spool-frame.ts';
import { createSegment, type OpenSegment, readSegment, type SegmentContent } from './spool-segment.ts';

export interface SpoolOptions {
  folder: string;
  /** A segment of this size is closed and the next one begun. */
  segmentMaxBytes: number;
  /** So much of what waits is kept in memory besides; the rest is read again when its turn has come. */
  memoryMaxBytes: number;
  /** Told of each write to the disk, and of what was found broken at the start. */
  onWrite?: (write: { bytes: number; seconds: number; error?: unknown }) => void;
  onTorn?: (torn: { path: string; bytes: number; isLast: boolean }) => void;
  /** Told of the keys of rows that an earlier process left. */
  onLeft?: (table: string, keys: Uint32Array) => void;
}

/** A segment that is complete and waits to be stored. It never changes: what is made of it is the same every time. */
export interface SealedSegment {
  path: string;
  bytes: number;
  /** The number of the last write that it holds. */
  lastWrite: number;
  read(): Promise<SegmentContent>;
}

/**
 * A folder of segment files: what was acknowledged and is not in ClickHouse yet. Many writes at a time share one
 * write to the disk.
 */
export interface Spool {
  /**
   * Returns when the blocks are on the disk, with the number of the write; nothing to write waits for what came before.
   *
   * @param needsEarlier fails too when a write before it that is not on the disk yet fails.
   * @param undo is called at once when the write fails, before anything else is taken.
   */
  append(blocks: readonly Block[], options: { needsEarlier: boolean; undo: () => void }): Promise<number>;
  /** The oldest segment; what is being written is closed where there is no older one. */
  oldest(): Promise<SealedSegment | undefined>;
  /** Forgets a segment whose rows are stored. */
  remove(segment: SealedSegment): Promise<void>;
  /** On the disk, and what waits to be written to it. */
  bytes(): number;
  pendingBytes(): number;
  rows(): number;
  /** When the oldest row that waits came (`performance.now()`); of what an earlier process left, when it was found. */
  waitingSince(): number | undefined;
  /** The number of the last write that is on the disk. */
  lastWrite(): number;
  /** Whether a whole segment waits. */
  hasSealed(): boolean;
  close(): Promise<void>;
}

interface Waiting {
  blocks: readonly Block[];
  bytes: number;
  needsEarlier: boolean;
  undo: () => void;
  resolve: (write: number) => void;
  reject: (error: unknown) => void;
}

interface Kept extends SealedSegment {
  content: SegmentContent | undefined;
  rows: number;
  since: number;
}

const suffix = '.seg';
/** So long after a write to the disk the next one waits for company: each costs a tenth of a millisecond of our thread. */
const gapMs = 2;
/** So much is company enough: its own cost is beyond that of the write. */
const wholeBytes = 32 * 1024;

/** Opens a spool; what an earlier process left there comes first. The torn end of its last write is cut off. */
export async function openSpool({
  folder,
  segmentMaxBytes,
  memoryMaxBytes,
  onWrite = () => {},
  onTorn = () => {},
  onLeft = () => {},
}: SpoolOptions): Promise<Spool> {
  mkdirSync(folder, { recursive: true });
  const sealed: Kept[] = await recover(folder, onTorn, onLeft);
  let nextNumber = sealed.length === 0 ? 1 : numberOf(sealed.at(-1)!.path) + 1;
  let open: OpenSegment | undefined;
  let openRows = 0;
  let openSince = 0;
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let writes = sealed.length;
  let turn: Promise<unknown> = Promise.resolve();
  let writtenAt = 0;
  let isCommitting = false;

  /** One thing at a time is done to the files. */
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const run = turn.then(task);
    turn = run.catch(() => {});
    return run;
  }

  function scheduleCommit(): void {
    const restMs = writtenAt + gapMs - performance.now();
    if (restMs <= 0 || waitingBytes >= wholeBytes) void inTurn(commit);
    else setTimeout(() => void inTurn(commit), restMs);
  }

  async function commit(): Promise<void> {
    const group = takeGroup();
    if (group.length === 0) return;
    isCommitting = true;
    const bytes = group.reduce((sum, each) => sum + each.bytes, 0);
    const blocks = group.flatMap((each) => each.blocks.filter(({ rows }) => rows > 0));
    const started = performance.now();
    try {
      if (blocks.length > 0) await write(blocks);
    } catch (error) {
      onWrite({ bytes, seconds: (performance.now() - started) / 1000, error });
      const dependants = waiting.filter((each) => each.needsEarlier);
      waiting = waiting.filter((each) => !each.needsEarlier);
      for (const each of dependants) waitingBytes -= each.bytes;
      for (const { undo } of [...group, ...dependants]) undo();
      for (const { reject } of [...group, ...dependants]) reject(error);
      // The next write begins a file of its own: nothing is added to one that may be broken.
      await seal().catch(() => {});
      return;
    } finally {
      waitingBytes -= bytes;
      writtenAt = performance.now();
      isCommitting = false;
      if (waiting.length > 0) scheduleCommit();
    }
    onWrite({ bytes, seconds: (performance.now() - started) / 1000 });
    for (const { resolve } of group) resolve(writes);
    if (open !== undefined && open.content.bytes >= segmentMaxBytes) await seal();
  }

  async function write(blocks: readonly Block[]): Promise<void> {
    open ??= await createSegment(join(folder, `${String(nextNumber++).padStart(16, '0')}${suffix}`), folder);
    await open.append(blocks);
    if (openRows === 0) openSince = performance.now();
    for (const { rows } of blocks) openRows += rows;
    writes++;
  }

  /** Whole writes, at least one, up to the size of a segment. */
  function takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < waiting.length && (count === 0 || bytes + waiting[count]!.bytes <= segmentMaxBytes)) {
      bytes += waiting[count++]!.bytes;
    }
    return waiting.splice(0, count);
  }

  async function seal(): Promise<void> {
    if (open === undefined) return;
    const segment = open;
    open = undefined;
    const { content, path } = segment;
    if (openRows === 0) {
      await segment.close();
      return rm(path, { force: true });
    }
    const inMemory = sealed.reduce((sum, each) => sum + (each.content?.bytes ?? 0), 0);
    const keep = inMemory + content.bytes <= memoryMaxBytes;
    const facts = { path, bytes: content.bytes, rows: openRows, since: openSince, lastWrite: writes };
    sealed.push(keptSegment(facts, keep ? content : undefined));
    openRows = 0;
    await segment.close();
  }

  return {
    append(blocks, { needsEarlier, undo }) {
      const bytes = blocks.reduce((sum, block) => sum + block.bytes.length, 0);
      return new Promise((resolve, reject) => {
        waiting.push({ blocks, bytes, needsEarlier, undo, resolve, reject });
        const wasWhole = waitingBytes >= wholeBytes;
        waitingBytes += bytes;
        const isWhole = waitingBytes >= wholeBytes && !wasWhole;
        if ((waiting.length === 1 || isWhole) && !isCommitting) scheduleCommit();
      });
    },
    async oldest() {
      if (sealed.length === 0) await inTurn(seal);
      return sealed[0];
    },
    async remove(segment) {
      sealed.splice(sealed.indexOf(segment as Kept), 1);
      await rm(segment.path, { force: true });
    },
    bytes: () => sealed.reduce((sum, { bytes }) => sum + bytes, 0) + (open?.content.bytes ?? 0) + waitingBytes,
    pendingBytes: () => waitingBytes,
    rows: () => sealed.reduce((sum, { rows }) => sum + rows, 0) + openRows,
    waitingSince: () => sealed[0]?.since ?? (openRows > 0 ? openSince : undefined),
    lastWrite: () => writes,
    hasSealed: () => sealed.length > 0,
    async close() {
      while (waiting.length > 0) await inTurn(commit);
      await inTurn(seal);
    },
  };
}

function keptSegment(facts: Omit<Kept, 'content' | 'read'>, content: SegmentContent | undefined): Kept {
  return { ...facts, content, read: async () => content ?? readSegment(facts.path) };
}

/**
 * The segments of an earlier process, oldest first. What follows the last whole frame of the newest was not
 * acknowledged; in an older one it is a fault of the disk, and is kept beside for whoever looks into it.
 */
async function recover(
  folder: string,
  onTorn: NonNullable<SpoolOptions['onTorn']>,
  onLeft: NonNullable<SpoolOptions['onLeft']>,
): Promise<Kept[]> {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(suffix))
    .sort();
  const segments: Kept[] = [];
  for (const [i, name] of names.entries()) {
    const path = join(folder, name);
    const isLast = i === names.length - 1;
    const { bytes, tornBytes, lanes } = await readSegment(path);
    if (tornBytes > 0) onTorn({ path, bytes: tornBytes, isLast });
    const rows = lanes.reduce((sum, lane) => sum + lane.rows, 0);
    for (const { shape, keys } of lanes) for (const each of keys) onLeft(shape.table, each);
    if (rows === 0 && isLast) await rm(path);
    else if (rows === 0) await rename(path, `${path}.broken`);
    else {
      if (tornBytes > 0 && isLast) await truncate(path, bytes);
      const since = performance.now();
      segments.push(keptSegment({ path, bytes, rows, since, lastWrite: segments.length + 1 }, undefined));
    }
  }
  return segments;
}

function numberOf(path: string): number {
  return Number(/(\d+)\.seg$/.exec(path)?.[1]);
}
