import { encodeDate, encodeNumber, encodeTime, escapeText } from '../store/table.ts';
import { samplesTable } from '../store/tables.ts';
import { createBreather } from '../telemetry/turn.ts';
import { retention, type Sender } from './native.ts';
import { type KeyHash, naturalKeys } from './row-key.ts';
import type { StorableSeries } from './series-admission.ts';
import type { Block } from './spool-frame.ts';

/** Samples of one tenant as columns: the i-th values of all three are one sample. Times are Unix milliseconds. */
export interface SampleColumns {
  series: readonly StorableSeries[];
  times: readonly number[];
  values: readonly number[];
}

const columns = Object.keys(samplesTable.columns);
const samplesPerTurn = 2048;

/**
 * Encodes samples as rows of `samples`, ready for an insert, and their natural keys: what `encodeRows` does of objects,
 * without the objects. What neighbours have in common is written once: they mostly share their time.
 */
export async function encodeSamples(
  { series, times, values }: SampleColumns,
  sender: Sender,
  nowMs: number,
  hash: KeyHash,
): Promise<Block> {
  const keys = new Uint32Array(2 * times.length);
  const breather = createBreather();
  const parts: Buffer[] = [];
  const tenant = `${escapeText(sender.tenant)}\t`;
  const key = { tenant: sender.tenant, series_id: '', time: Number.NaN, value: 0 };
  let timeText = '';
  let untilText = '';
  let text = '';
  for (let i = 0; i < times.length; i++) {
    const { series_id, aggregation } = series[i]!.row;
    const time = times[i]!;
    const value = values[i]!;
    if (time !== key.time) {
      const { raw_until, rollup_until } = retention(sender, time, nowMs);
      timeText = `\t${encodeTime(time)}\t`;
      untilText = `\t${encodeDate(raw_until)}\t${encodeDate(rollup_until)}\n`;
    }
    key.series_id = series_id;
    key.time = time;
    key.value = value;
    naturalKeys.samples!(beginKey(hash), key as never);
    const { high, low } = hash.end();
    keys[2 * i] = high;
    keys[2 * i + 1] = low;
    text += `${tenant}${series_id}${timeText}${encodeNumber(value)}\t${aggregation}${untilText}`;
    if (i % samplesPerTurn === samplesPerTurn - 1) {
      parts.push(Buffer.from(text));
      text = '';
      if (breather.isDue()) await breather.now();
    }
  }
  parts.push(Buffer.from(text));
  return { table: samplesTable.name, columns, rows: times.length, bytes: Buffer.concat(parts), keys };
}

function beginKey(hash: KeyHash): KeyHash {
  hash.begin();
  return hash;
}
