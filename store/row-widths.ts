/**
 * The layout of RowBinary, ClickHouse's binary rows: how many bytes each column takes. A `text` stands behind its
 * length, a varint.
 *
 * @see https://clickhouse.com/docs/interfaces/formats/RowBinary
 */
export type RowWidths = readonly (number | 'text')[];

const newline = 0x0a;

/** Where the row ends that begins at `start`: in RowBinary of the given widths, or in TabSeparated without widths. */
export function endOfRow(bytes: Buffer, start: number, widths: RowWidths | undefined): number {
  if (widths === undefined) return bytes.indexOf(newline, start) + 1;
  let at = start;
  for (const width of widths) at = width === 'text' ? textAt(bytes, at).end : at + width;
  return at;
}

/** Where the text that begins at `start` with its length stands. */
export function textAt(bytes: Uint8Array, start: number): { start: number; end: number } {
  const { length, end } = lengthAt(bytes, start);
  return { start: end, end: end + length };
}

/**
 * The length of a text or an array that stands at `start`, and where its content begins: LEB128, seven bits a byte.
 *
 * @throws RangeError when the bytes end within it.
 */
export function lengthAt(bytes: Uint8Array, start: number): { length: number; end: number } {
  let at = start;
  let length = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++];
    if (byte === undefined) throw new RangeError('the bytes end within a length');
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) return { length, end: at };
  }
}

/** A text as RowBinary has it: its length in bytes, then UTF-8. */
export function binaryText(text: string): Buffer {
  const content = Buffer.from(text);
  const bytes: number[] = [];
  let rest = content.length;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.concat([Buffer.of(...bytes, rest), content]);
}
