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
export function textAt(bytes: Buffer, start: number): { start: number; end: number } {
  let at = start;
  let length = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++]!;
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) return { start: at, end: at + length };
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
