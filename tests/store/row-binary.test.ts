import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeRows, type PackedColumns } from '../../store/row-binary.ts';

const columns = { id: 'id', isCount: 'flag', points: 'points' } satisfies PackedColumns;

interface Row {
  id: bigint;
  isCount: boolean;
  points: readonly (readonly [seconds: number, value: number])[];
}

/** RowBinary as ClickHouse's documentation has it: little-endian, lengths as LEB128. */
function encode(rows: readonly Row[]): Buffer {
  return Buffer.concat(
    rows.flatMap(({ id, isCount, points }) => {
      const fixed = Buffer.alloc(9);
      fixed.writeBigUInt64LE(id);
      fixed.writeUInt8(Number(isCount), 8);
      const cells = points.map(([seconds, value]) => {
        const cell = Buffer.alloc(12);
        cell.writeUInt32LE(seconds);
        cell.writeDoubleLE(value, 4);
        return cell;
      });
      return [fixed, leb128(points.length), ...cells];
    }),
  );
}

function leb128(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

const row = fc.record({
  id: fc.bigInt(0n, (1n << 64n) - 1n),
  isCount: fc.boolean(),
  points: fc
    .uniqueArray(fc.tuple(fc.nat(0xffff_ffff), fc.double()), { selector: ([seconds]) => seconds, maxLength: 300 })
    .map((points) => points.toSorted(([a], [b]) => a - b)),
});

test('rows come out as they were written, but for values that are no numbers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 5 }), async (rows) => {
      const decoded = await decodeRows(encode(rows), columns);
      const finite = rows.map((each) => each.points.filter(([, value]) => Number.isFinite(value)));
      expect(decoded.map(({ id, isCount }) => [id, isCount])).toEqual(rows.map((r) => [String(r.id), r.isCount]));
      for (const [i, { points }] of decoded.entries()) {
        expect([...points.times]).toEqual(finite[i]!.map(([seconds]) => seconds * 1000));
        expect([...points.values]).toEqual(finite[i]!.map(([, value]) => value));
      }
    }),
    { numRuns: 50 },
  );
});

test('bytes that lie at any place of their memory are read', async () => {
  const bytes = encode([{ id: 7n, isCount: true, points: [[60, 1.5]] }]);
  const shifted = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
  expect(await decodeRows(shifted, columns)).toEqual([
    { id: '7', isCount: true, points: { times: Float64Array.of(60_000), values: Float64Array.of(1.5) } },
  ]);
});

test('of two points of one time the first is kept', async () => {
  const points: Row['points'] = [
    [60, 1],
    [60, 2],
    [120, 3],
  ];
  const [decoded] = await decodeRows(encode([{ id: 1n, isCount: false, points }]), columns);
  expect([...decoded!.points.values]).toEqual([1, 3]);
});

test('an answer that ends too early, at whichever byte, or that is out of order is an error and never less data', async () => {
  const whole = encode([
    {
      id: 1n,
      isCount: false,
      points: [
        [60, 1],
        [120, 2],
      ],
    },
  ]);
  for (let end = 1; end < whole.length; end++)
    await expect(decodeRows(whole.subarray(0, end), columns)).rejects.toThrow(RangeError);
  const backwards: Row['points'] = [
    [120, 1],
    [60, 2],
  ];
  const swapped = encode([{ id: 1n, isCount: false, points: backwards }]);
  await expect(decodeRows(swapped, columns)).rejects.toThrow('do not ascend');
});
