import type { VerdictColumns } from '../models/detectors/verdict-columns.ts';
import { binaryText, type RowWidths } from '../store/row-widths.ts';
import { scoresTable } from '../store/tables.ts';
import type { EncodedBlock } from '../store/telemetry.ts';
import { detector, type SeriesPoints } from './detection-rows.ts';

const columns = Object.keys(scoresTable.columns);
/** Tenant, series (UInt64), time (DateTime64), detector, value, score (Float32), three of the band, maturity (Float32), a day. */
const widths: RowWidths = ['text', 8, 8, 'text', 8, 4, 8, 8, 8, 4, 2];
const fixedBytes = 58;

/** Scores of a tenant on their way into the store: no object and no text is made of a score. */
export interface ScoreBlock {
  rows(): number;
  /** Adds the scores of buckets that end after `from`; answers how many. */
  add(series: SeriesPoints, verdicts: VerdictColumns, from: number): number;
  /** What was added since the last time. */
  take(): EncodedBlock;
}

/** @param until the day on which the scores may be dropped. */
export function createScoreBlock(tenant: string, until: number): ScoreBlock {
  const tenantText = binaryText(tenant);
  const detectorText = binaryText(detector);
  const rowBytes = tenantText.length + detectorText.length + fixedBytes;
  let bytes = Buffer.alloc(0);
  let rows = 0;

  function reserve(more: number): void {
    const needed = (rows + more) * rowBytes;
    if (needed <= bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * bytes.length));
    bytes.copy(larger, 0, 0, rows * rowBytes);
    bytes = larger;
  }

  return {
    rows: () => rows,
    add({ id, stepMs, times, values }, verdicts, from) {
      const first = firstAfter(times, from - stepMs);
      reserve(times.length - first);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const series = BigInt(id);
      for (let i = first; i < times.length; i++) {
        let at = rows++ * rowBytes;
        bytes.set(tenantText, at);
        at += tenantText.length;
        view.setBigUint64(at, series, true);
        view.setBigInt64(at + 8, BigInt(times[i]!), true);
        at += 16;
        bytes.set(detectorText, at);
        at += detectorText.length;
        // Zero has one sign in the store.
        view.setFloat64(at, values[i]! + 0, true);
        view.setFloat32(at + 8, verdicts.score[i]! + 0, true);
        view.setFloat64(at + 12, verdicts.expected[i]! + 0, true);
        view.setFloat64(at + 20, verdicts.lower[i]! + 0, true);
        view.setFloat64(at + 28, verdicts.upper[i]! + 0, true);
        view.setFloat32(at + 36, verdicts.maturity[i]! + 0, true);
        view.setUint16(at + 40, until, true);
      }
      return times.length - first;
    },
    take() {
      const block = { table: scoresTable.name, columns, widths, rows, chunks: [bytes.subarray(0, rows * rowBytes)] };
      bytes = Buffer.alloc(0);
      rows = 0;
      return block;
    },
  };
}

/** The index of the first time after `time`, in ascending times. */
export function firstAfter(times: Float64Array, time: number): number {
  const found = times.findIndex((each) => each > time);
  return found < 0 ? times.length : found;
}
