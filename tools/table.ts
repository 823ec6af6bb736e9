/** A cell of a table; numbers stand on the right. */
export type Cell = string | number;

/**
 * Draws a table for a terminal: columns as wide as their widest cell, two spaces between them.
 *
 * @example
 * renderTable(['file', 'samples'], [['a.csv', 4032]])
 * // file   samples
 * // a.csv    4,032
 */
export function renderTable(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = [header, ...rows].map((row) =>
    row.map((cell) => (typeof cell === 'number' ? formatNumber(cell) : cell)),
  );
  const widths = header.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const isNumeric = header.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  return texts
    .map((row) =>
      row
        .map((text, column) => (isNumeric[column] ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** @example formatNumber(4032.125) // '4,032.13' */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}
