import { encodeDate, encodeNumber, encodeTime, escapeText } from '../store/table.ts';
import { samplesTable } from '../store/tables.ts';
import { createBreather } from '../telemetry/turn.ts';
import type { Sender } from './native.ts';
import { retention } from './native-rows.ts';
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
/** Identifier, time, value, aggregation and two dates with their separators are shorter. */
const maxRowBytes = 128;

/**
 * Encodes samples as rows of `samples`, ready for an insert, and their natural keys: what `encodeRows` does of objects,
 * but straight into bytes. What neighbours have in common is encoded once: they mostly share their time.
 */
export async function encodeSamples(
  { series, times, values }: SampleColumns,
  sender: Sender,
  nowMs: number,
  hash: KeyHash,
): Promise<Block> {
  const keys = new Uint32Array(2 * times.length);
  const tenant = Buffer.from(`${escapeText(sender.tenant)}\t`);
  const bytes = Buffer.allocUnsafe(times.length * (maxRowBytes + tenant.length));
  const key = { tenant: sender.tenant, series_id: '', time: Number.NaN, value: 0 };
  const makeKey = naturalKeys.samples!;
  const breather = createBreather();
  let timeText = '';
  let ends = new Map<string, string>();
  let at = 0;
  for (let i = 0; i < times.length; i++) {
    const { series_id, aggregation } = series[i]!.row;
    const time = times[i]!;
    if (time !== key.time) {
      timeText = `\t${encodeTime(time)}\t`;
      ends = new Map();
    }
    let end = ends.get(aggregation);
    if (end === undefined) {
      const { raw_until, rollup_until } = retention(sender, time, nowMs);
      end = `\t${aggregation}\t${encodeDate(raw_until)}\t${encodeDate(rollup_until)}\n`;
      ends.set(aggregation, end);
    }
    key.series_id = series_id;
    key.time = time;
    key.value = values[i]!;
    hash.begin();
    makeKey(hash, key as never);
    const { high, low } = hash.end();
    keys[2 * i] = high;
    keys[2 * i + 1] = low;
    for (let b = 0; b < tenant.length; b++) bytes[at++] = tenant[b]!;
    at = writeAscii(bytes, at, series_id);
    at = writeAscii(bytes, at, timeText);
    at = writeNumber(bytes, at, key.value);
    at = writeAscii(bytes, at, end);
    if (i % samplesPerTurn === 0 && breather.isDue()) await breather.now();
  }
  return { table: samplesTable.name, columns, rows: times.length, bytes: bytes.subarray(0, at), keys };
}

function writeAscii(bytes: Buffer, start: number, text: string): number {
  let at = start;
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
  return at;
}

const maxScaled = 2 ** 31;
const zero = 0x30;
const minus = 0x2d;
const point = 0x2e;

/**
 * Writes a number that is read back to the last bit. Most measurements have at most three decimals, which is tried
 * first, for the shortest digits of any other double take several times as long to find.
 *
 * @returns where it ends.
 */
export function writeNumber(bytes: Buffer, start: number, value: number): number {
  const scaled = Math.round(value * 1000);
  // A quotient is rounded as the decimal would be when it is read. Minus zero is left to the other way.
  if (!(Math.abs(scaled) < maxScaled && scaled / 1000 === value && scaled !== 0)) {
    return writeAscii(bytes, start, encodeNumber(value));
  }
  let at = start;
  if (scaled < 0) bytes[at++] = minus;
  const digits = Math.abs(scaled) | 0;
  const whole = (digits / 1000) | 0;
  at = writeInteger(bytes, at, whole);
  const decimals = digits - whole * 1000;
  if (decimals === 0) return at;
  bytes[at++] = point;
  bytes[at++] = zero + ((decimals / 100) | 0);
  bytes[at++] = zero + (((decimals / 10) | 0) % 10);
  bytes[at++] = zero + (decimals % 10);
  return at;
}

function writeInteger(bytes: Buffer, start: number, value: number): number {
  let length = 1;
  for (let bound = 10; value >= bound; bound *= 10) length++;
  let rest = value;
  for (let at = start + length - 1; at >= start; at--) {
    bytes[at] = zero + (rest % 10);
    rest = (rest / 10) | 0;
  }
  return start + length;
}
