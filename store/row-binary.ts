import type { Points } from '../models/series.ts';
import { createBreather } from '../telemetry/turn.ts';
import { lengthAt } from './row-widths.ts';

/**
 * How a column of ClickHouse's RowBinary is read. `id` is a UInt64, as decimal text; `flag` a UInt8, true
 * when it is not 0; `points` an Array(Tuple(DateTime, Float64)) in ascending order.
 */
export type PackedKind = 'id' | 'flag' | 'points';

interface PackedValues {
  id: string;
  flag: boolean;
  points: Points;
}

/** The columns of a row in their order, by name. */
export type PackedColumns = Record<string, PackedKind>;
export type PackedRow<C extends PackedColumns> = { [K in keyof C]: PackedValues[C[K]] };

/**
 * Reads rows of RowBinary (https://clickhouse.com/docs/interfaces/formats/RowBinary), giving way to the event loop
 * between rows. Of points of one time the first is kept, and none that is not finite.
 *
 * @throws RangeError when the bytes end within a row, or points do not ascend.
 */
export async function decodeRows<C extends PackedColumns>(bytes: Uint8Array, columns: C): Promise<PackedRow<C>[]> {
  const reader = createReader(bytes);
  const names = Object.keys(columns);
  const rows: PackedRow<C>[] = [];
  const breather = createBreather();
  while (!reader.isAtEnd()) {
    const row: Record<string, unknown> = {};
    for (const name of names) row[name] = reader[columns[name]!]();
    rows.push(row as PackedRow<C>);
    if (breather.isDue()) await breather.now();
  }
  return rows;
}

function createReader(bytes: Uint8Array): { [K in PackedKind]: () => PackedValues[K] } & { isAtEnd(): boolean } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;

  return {
    isAtEnd: () => at >= bytes.length,
    id() {
      at += 8;
      return view.getBigUint64(at - 8, true).toString();
    },
    flag: () => view.getUint8(at++) !== 0,
    points() {
      const { length: size, end: start } = lengthAt(bytes, at);
      at = start;
      if (at + size * pointBytes > bytes.length) throw new RangeError('the bytes end within points');
      const times = new Float64Array(size);
      const values = new Float64Array(size);
      let kept = 0;
      let last = Number.NEGATIVE_INFINITY;
      for (const end = at + size * pointBytes; at < end; at += pointBytes) {
        const time = view.getUint32(at, true) * 1000;
        const value = view.getFloat64(at + 4, true);
        if (time < last) throw new RangeError('points do not ascend');
        if (time === last || !Number.isFinite(value)) continue;
        last = time;
        times[kept] = time;
        values[kept++] = value;
      }
      return { times: times.subarray(0, kept), values: values.subarray(0, kept) };
    },
  };
}

/** A DateTime of 4 bytes and a Float64. */
const pointBytes = 12;

/** The bytes of a stream; chDB gives all of them as one chunk. */
export async function readWhole(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
