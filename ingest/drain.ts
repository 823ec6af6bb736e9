import { setTimeout as sleep } from 'node:timers/promises';
import { endOfRow } from '../store/row-widths.ts';
import type { EncodedBlock, TelemetryStore } from '../store/telemetry.ts';
import type { Spool } from './spool.ts';
import type { Shape } from './spool-frame.ts';
import type { Lane, SegmentContent } from './spool-segment.ts';

/** An insert of rows out of the spool into ClickHouse. */
export interface DrainReport {
  table: string;
  rows: number;
  seconds: number;
  error?: unknown;
}

/** A row that ClickHouse does not take, as it is encoded, and why. */
export interface RefusedRow extends Shape {
  row: Buffer;
  reason: string;
  /** The same each time that the row is refused. */
  id: string;
}

export interface DrainOptions {
  spool: Spool;
  store: Pick<TelemetryStore, 'insertBlock' | 'isRefusal'>;
  /** How long rows may wait for company, in milliseconds. */
  drainAge: () => number;
  /** Takes the rows that ClickHouse refused; they count as stored once this returns. */
  quarantine: (rows: readonly RefusedRow[]) => Promise<void>;
  /** Told of a segment that is stored, before it leaves the spool. */
  onStored: (content: SegmentContent, lastWrite: number) => Promise<void>;
  onDrain?: (report: DrainReport) => void;
  /** Told of what went wrong beside inserts, such as a segment that cannot be read; it is tried again. */
  onFault?: (error: unknown) => void;
}

/** Carries what the spool holds into ClickHouse, oldest first. */
export interface Drain {
  /** Says that there is something new. */
  nudge(): void;
  /**
   * Waits until everything acknowledged so far can be read.
   *
   * @returns false when that took longer, or when the store does not take rows at the moment.
   */
  caughtUp(timeoutMs: number): Promise<boolean>;
  /** Whether the last insert failed. */
  isFailing(): boolean;
  /** Stores what it can in the given time. Who waits for more is told that it is not stored. */
  close(timeoutMs: number): Promise<void>;
}

const firstRetryMs = 100;
const lastRetryMs = 5000;
/** Of the time to close, for the insert that is under way at the end of it. */
const lastInsertShare = 0.25;

/** Starts the drain. */
export function startDrain({
  spool,
  store,
  drainAge,
  quarantine,
  onStored,
  onDrain = () => {},
  onFault = () => {},
}: DrainOptions): Drain {
  let storedWrite = 0;
  let failures = 0;
  let isStopped = false;
  let barriers: { write: number; settle: (isStored: boolean) => void }[] = [];
  let wake: (() => void) | undefined;
  let stopPause: (() => void) | undefined;

  /** Until there is a reason to store: rows that are old enough, many of them, or somebody who waits for them. */
  async function untilDue(): Promise<void> {
    while (!isStopped && !spool.hasSealed()) {
      const since = spool.waitingSince();
      if (since !== undefined && (barriers.length > 0 || performance.now() - since >= drainAge())) return;
      const signal = new Promise<void>((resolve) => (wake = resolve));
      if (since === undefined) await signal;
      else await interruptible(signal, since + drainAge() - performance.now());
    }
  }

  async function run(): Promise<void> {
    while (!isStopped) {
      await untilDue();
      if (isStopped) return;
      try {
        await storeOldest();
      } catch (error) {
        onFault(error);
        await pause();
      }
    }
  }

  async function storeOldest(): Promise<void> {
    const segment = await spool.oldest();
    if (segment === undefined) return;
    const content = await segment.read();
    if (!(await storeSegment(content))) return;
    await onStored(content, segment.lastWrite);
    await spool.remove(segment);
    storedWrite = Math.max(storedWrite, segment.lastWrite);
    settle((write) => write <= storedWrite, true);
  }

  /** Gives ClickHouse or the disk time to recover; readers do not wait for it. */
  async function pause(): Promise<void> {
    failures++;
    settle(() => true, false);
    if (isStopped) return;
    const pauseMs = Math.min(lastRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 10));
    await interruptible(new Promise<void>((resolve) => (stopPause = resolve)), pauseMs);
  }

  /** @returns false when the drain was stopped before the store took it. */
  async function storeSegment(content: SegmentContent): Promise<boolean> {
    const stored = new Set<Lane>();
    for (;;) {
      // One table after the other, for inserts side by side take the cores from requests; who waits is served sooner.
      const waiting = content.lanes.filter((lane) => !stored.has(lane));
      for (const lanes of barriers.length > 0 ? [waiting] : waiting.map((lane) => [lane])) {
        const outcomes = await Promise.allSettled(
          lanes.map(async (lane) => {
            await storeLane(lane, `${content.id}-${lane.id}`);
            stored.add(lane);
          }),
        );
        if (outcomes.some(({ status }) => status === 'rejected')) break;
      }
      if (stored.size === content.lanes.length) {
        failures = 0;
        return true;
      }
      await pause();
      if (isStopped) return false;
    }
  }

  async function storeLane({ shape, chunks, rows }: Lane, token: string): Promise<void> {
    const refused: RefusedRow[] = [];
    await storeRange(chunks, rows, 0);
    if (refused.length > 0) await quarantine(refused);

    /** Halves what ClickHouse refuses, until the record at fault stands alone. The token of a part is its place. */
    async function storeRange(chunks: readonly Buffer[], count: number, first: number): Promise<void> {
      const part = count === rows ? token : `${token}-${first}-${count}`;
      try {
        await insert({ ...shape, rows: count, chunks }, part);
      } catch (error) {
        if (!store.isRefusal(error)) throw error;
        const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
        if (count === 1) {
          refused.push({ ...shape, row: bytes, reason: (error as Error).message, id: `${token}-${first}` });
          return;
        }
        const half = count >> 1;
        let cut = 0;
        for (let i = 0; i < half; i++) cut = endOfRow(bytes, cut, shape.widths);
        await storeRange([bytes.subarray(0, cut)], half, first);
        await storeRange([bytes.subarray(cut)], count - half, first + half);
      }
    }
  }

  async function insert(block: EncodedBlock, token: string): Promise<void> {
    const started = performance.now();
    const report = { table: block.table, rows: block.rows };
    try {
      await store.insertBlock(block, { token });
      onDrain({ ...report, seconds: (performance.now() - started) / 1000 });
    } catch (error) {
      onDrain({ ...report, seconds: (performance.now() - started) / 1000, error });
      throw error;
    }
  }

  /** Waits for a signal, a given time at most. */
  async function interruptible(signal: Promise<void>, timeoutMs: number): Promise<void> {
    const stop = new AbortController();
    await Promise.race([signal, sleep(Math.max(0, timeoutMs), undefined, { signal: stop.signal }).catch(() => {})]);
    stop.abort();
  }

  function settle(which: (write: number) => boolean, isStored: boolean): void {
    const settled = barriers.filter(({ write }) => which(write));
    barriers = barriers.filter(({ write }) => !which(write));
    for (const barrier of settled) barrier.settle(isStored);
  }

  const running = run();

  return {
    nudge: () => wake?.(),
    caughtUp(timeoutMs) {
      const write = spool.lastWrite();
      if (write <= storedWrite) return Promise.resolve(true);
      if (failures > 0 || isStopped) return Promise.resolve(false);
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          barriers = barriers.filter((each) => each !== barrier);
          resolve(false);
        }, timeoutMs);
        const barrier = {
          write,
          settle: (isStored: boolean) => {
            clearTimeout(timer);
            resolve(isStored);
          },
        };
        barriers.push(barrier);
        wake?.();
      });
    },
    isFailing: () => failures > 0,
    async close(timeoutMs) {
      if (failures === 0) await this.caughtUp((1 - lastInsertShare) * timeoutMs);
      isStopped = true;
      settle(() => true, false);
      wake?.();
      stopPause?.();
      // An insert that is under way now has had its time: the segment is stored by the next process, once.
      await interruptible(running, lastInsertShare * timeoutMs);
    },
  };
}
