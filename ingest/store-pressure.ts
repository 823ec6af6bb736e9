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
  onPressure?: (pressure: { parts: number; merges: number; freeBytes: number; reason: string }) => void;
}

/** ClickHouse delays inserts into a partition with 1000 parts by default, and refuses them with 3000. */
const manyParts = 800;
const tooManyParts = 2500;
/** ClickHouse merges in 16 threads by default: while all are busy, parts grow faster than they are merged. */
const busyMerges = 16;
/** With many parts, blocks are stored so much less often, and are so much larger. */
const slowerBy = 10;

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
    const { parts, merges, free_bytes: freeBytes } = seen;
    const closedFor =
      freeBytes < minFreeDiskBytes
        ? 'the disk of ClickHouse is nearly full'
        : parts > tooManyParts
          ? 'ClickHouse has too many parts to merge'
          : undefined;
    const isSlow = parts > (merges < busyMerges ? manyParts : manyParts / 2);
    writer.yieldTo({ closedFor, slowerBy: isSlow ? slowerBy : 1 });
    const reason = closedFor ?? (isSlow ? 'ClickHouse has many parts to merge; records are stored less often' : '');
    onPressure({ parts, merges, freeBytes, reason });
  }

  const watch = setInterval(() => void look().catch(() => {}), everyMs);
  watch.unref();
  return () => {
    isStopped = true;
    clearInterval(watch);
  };
}
