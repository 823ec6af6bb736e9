import { crc32 } from 'node:zlib';
import type { RowWidths } from '../store/row-widths.ts';

/** Rows of one table, encoded in the order of `columns`: ready for an insert. */
export interface Block extends Shape {
  rows: number;
  bytes: Buffer;
  /** Two words a row that name it, so that the same row is known again; empty for tables without natural keys. */
  keys: Uint32Array;
}

/** What a table looked like when the rows were written: a spool may outlive the release that wrote it. */
export interface Shape {
  table: string;
  columns: readonly string[];
  /** Of rows in RowBinary; absent, they are TabSeparated. */
  widths?: RowWidths;
}

export type Frame =
  | { kind: 'shape'; id: number; shape: Shape }
  | { kind: 'rows'; id: number; rows: number; keys: Uint32Array; bytes: Buffer };

/**
 * A frame of a segment file: its length and its CRC-32 (four bytes each, little-endian), then a byte that says what
 * it is, the number of its shape, and its content. A frame whose checksum is wrong ends the file.
 */
const headBytes = 8;
const rowsHeadBytes = headBytes + 10;
const kinds = { shape: 1, rows: 2 };

export function encodeShape(id: number, shape: Shape): Buffer[] {
  const head = Buffer.allocUnsafe(headBytes + 2);
  head[headBytes] = kinds.shape;
  head[headBytes + 1] = id;
  return seal([head, Buffer.from(JSON.stringify(shape))]);
}

/** @returns the pieces of the frame, in order; the last is `bytes` itself. */
export function encodeBlock(id: number, { rows, keys, bytes }: Block): Buffer[] {
  const head = Buffer.allocUnsafe(rowsHeadBytes);
  head[headBytes] = kinds.rows;
  head[headBytes + 1] = id;
  head.writeUInt32LE(rows, headBytes + 2);
  head.writeUInt32LE(keys.length, headBytes + 6);
  return seal([head, Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength), bytes]);
}

/** Writes length and checksum into the head of a frame's pieces. */
function seal(pieces: [Buffer, ...Buffer[]]): Buffer[] {
  const [head, ...rest] = pieces;
  let length = head.length - headBytes;
  let checksum = crc32(head.subarray(headBytes));
  for (const piece of rest) {
    length += piece.length;
    checksum = crc32(piece, checksum);
  }
  head.writeUInt32LE(length, 0);
  head.writeUInt32LE(checksum, 4);
  return pieces;
}

/**
 * Reads the frame at `offset`.
 *
 * @returns the frame and where the next one begins, or `undefined` where there is no whole frame with a right checksum.
 */
export function decodeFrame(file: Buffer, offset: number): { frame: Frame; next: number } | undefined {
  if (offset + headBytes + 2 > file.length) return undefined;
  const length = file.readUInt32LE(offset);
  const next = offset + headBytes + length;
  if (length < 2 || next > file.length) return undefined;
  const body = file.subarray(offset + headBytes, next);
  if (crc32(body) !== file.readUInt32LE(offset + 4)) return undefined;
  const id = body[1]!;
  if (body[0] === kinds.shape) {
    return { frame: { kind: 'shape', id, shape: JSON.parse(body.toString('utf8', 2)) as Shape }, next };
  }
  const keyStart = rowsHeadBytes - headBytes;
  const words = body.readUInt32LE(6);
  const keys = new Uint32Array(words);
  for (let i = 0; i < words; i++) keys[i] = body.readUInt32LE(keyStart + 4 * i);
  const bytes = body.subarray(keyStart + 4 * words);
  return { frame: { kind: 'rows', id, rows: body.readUInt32LE(2), keys, bytes }, next };
}
