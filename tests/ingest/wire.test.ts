import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesTag, WireError, WireReader } from '../../ingest/wire.ts';
import { type Field, message } from '../support/wire-writer.ts';

const reader = (bytes: Buffer) => new WireReader(bytes);
const afterTag = (field: Field) => {
  const bytes = message(field);
  const read = reader(bytes);
  read.tag();
  return { read, end: bytes.length };
};

describe('the wire format', () => {
  test.each([
    // protobuf.dev/programming-guides/encoding: "08 96 01" is field 1 with 150.
    ['a varint', '089601', (read: WireReader) => [read.tag(), read.varint()], [8, 150]],
    // The same page: -2 as int64 takes ten bytes.
    ['a negative int64', '08feffffffffffffffff01', (read: WireReader) => [read.tag(), read.int64()], [8, -2]],
    // The same page: field 2 with "testing" is "12 07 74 65 73 74 69 6e 67".
    ['a text', '120774657374696e67', (read: WireReader) => [read.tag(), read.text(9)], [bytesTag(2), 'testing']],
  ])('is read as its specification writes %s', (_title, hex, read, expected) => {
    expect(read(reader(Buffer.from(hex, 'hex')))).toEqual(expected);
  });

  test('gives back every integer that a number holds exactly', () => {
    const integer = fc.bigInt({ min: BigInt(Number.MIN_SAFE_INTEGER), max: BigInt(Number.MAX_SAFE_INTEGER) });
    fc.assert(
      fc.property(integer, (value) => {
        expect(afterTag([1, 'int64', value]).read.int64()).toBe(Number(value));
        expect(afterTag([1, 'sint', value / 2n]).read.sint()).toBe(Number(value / 2n));
        const { read, end } = afterTag([1, 'sfixed64', value]);
        expect(read.sfixed64(end)).toBe(Number(value));
        if (value >= 0n) {
          const fixed = afterTag([1, 'fixed64', value]);
          expect(fixed.read.fixed64(fixed.end)).toBe(Number(value));
        }
      }),
    );
  });

  test('gives back every double to the last bit', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const { read, end } = afterTag([1, 'double', value]);
        expect(read.double(end)).toBe(value);
      }),
    );
  });

  test.each([
    ['a length beyond the message', '0a05ab'],
    ['a length of 2^63', '0affffffffffffffff7f'],
    ['a number that never ends', '08ffffffffffffffffffff'],
    ['a number that is cut', '0880'],
    ['a double that is cut', '09000000'],
    ['a group', '0b'],
    ['field 0', '0000'],
  ])('refuses %s', (_title, hex) => {
    const bytes = Buffer.from(hex, 'hex');
    expect(() => {
      const read = reader(bytes);
      while (read.pos < bytes.length) read.skip(read.tag(), bytes.length);
    }).toThrow(WireError);
  });

  test('passes over any bytes or refuses them, and always ends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (array) => {
        const bytes = Buffer.from(array);
        const read = reader(bytes);
        try {
          while (read.pos < bytes.length) {
            const before = read.pos;
            read.skip(read.tag(), bytes.length);
            expect(read.pos).toBeGreaterThan(before);
          }
          expect(read.pos).toBe(bytes.length);
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
        }
      }),
    );
  });
});
