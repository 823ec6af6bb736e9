import { readPressure } from '../store/queries/pressure.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { Writer } from './writer.ts';

export interface PressureOptions {
  store: Pick<TelemetryStore, 'query'>;
  writer: Pick<Writer, 'yieldTo'>;
  /** With less free space than this on its disk, ClickHouse gets no more records. */
  minFreeDiskBytes: number;
  everyMs?: number;
  /** Told what was seen and what is done about it; `reason` is empty while nothing is. */
  onPressure?: (pressure: StoreState & { reason: string }) => void;
}

/** The most parts of a partition, the merges under way, and the free space of the fullest disk. */
export interface StoreState {
  parts: number;
  merges: number;
  freeBytes: number;
}

/** ClickHouse delays inserts into a partition with 1000 parts by default, and refuses them with 3000. */
const manyParts = 800;
const tooManyParts = 2500;
/** ClickHouse merges in 16 threads by default: while all are busy, parts grow faster than they are merged. */
const busyMerges = 16;
/** With many parts, blocks are stored so much less often, and are so much larger. */
const slowerBy = 10;

/** What a state of the store calls for: to take no records, for a reason, or to store them in larger blocks. */
export function judgeState(
  { parts, merges, freeBytes }: StoreState,
  minFreeDiskBytes: number,
): { closedFor: string | undefined; isSlow: boolean } {
  const isSlow = parts > (merges < busyMerges ? manyParts : manyParts / 2);
  if (freeBytes < minFreeDiskBytes) return { closedFor: 'the disk of ClickHouse is nearly full', isSlow };
  return { closedFor: parts > tooManyParts ? 'ClickHouse has too many parts to merge' : undefined, isSlow };
}

/**
 * Looks at the state of the store at intervals: stores larger blocks while its parts are many, and takes no records
 * while they are too many or its disk is nearly full. What it cannot read says nothing; the drain sees for itself.
 *
 * @returns a function that stops it.
 */
export function watchPressure({
  store,
  writer,
  minFreeDiskBytes,
  everyMs = 10_000,
  onPressure = () => {},
}: PressureOptions): () => void {
  let isStopped = false;

  async function look(): Promise<void> {
    const [seen] = await store.query(readPressure, {});
    if (seen === undefined || isStopped) return;
    const { free_bytes: freeBytes, ...counts } = seen;
    const state = { ...counts, freeBytes };
    const { closedFor, isSlow } = judgeState(state, minFreeDiskBytes);
    writer.yieldTo({ closedFor, slowerBy: isSlow ? slowerBy : 1 });
    const reason = closedFor ?? (isSlow ? 'ClickHouse has many parts to merge; records are stored less often' : '');
    onPressure({ ...state, reason });
  }

  const watch = setInterval(() => void look().catch(() => {}), everyMs);
  watch.unref();
  return () => {
    isStopped = true;
    clearInterval(watch);
  };
}
