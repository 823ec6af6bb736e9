import { isTextual, parseTimestamp } from './timestamp.ts';

export interface Column {
  index: number;
  name: string;
}

/** Which columns of a CSV file hold the times and the values. */
export interface Columns {
  hasHeader: boolean;
  count: number;
  time: Column;
  values: Column[];
}

/** How much of a column must be readable; the rest is then bad lines, not a reason to leave the column out. */
const readableShare = 0.8;
const timeName = /time|date|epoch|^ts$|^ds$/i;

/**
 * Finds the column of times and the columns of numbers, whatever they are called and whether or not the first row
 * names them. Times as text are preferred to numbers that could be Unix times, and among those a telling name.
 *
 * @param rows the first rows of the file, the header among them.
 * @param only keep these value columns, by name.
 * @throws Error that says what is missing and shows what is there.
 */
export function findColumns(rows: readonly (readonly string[])[], only?: readonly string[]): Columns {
  const first = rows[0] ?? [];
  const hasHeader = first.length > 0 && first.every((cell) => parseTimestamp(cell) === undefined && !isNumber(cell));
  const body = hasHeader ? rows.slice(1) : rows;
  const columns = first.map((name, index) => ({ index, name: hasHeader ? name : `column${index + 1}` }));
  const cellsOf = ({ index }: Column) => body.map((row) => row[index] ?? '').filter((cell) => !isMissing(cell));
  const mostly = (column: Column, test: (cell: string) => boolean) => {
    const cells = cellsOf(column);
    return cells.length > 0 && cells.filter(test).length >= readableShare * cells.length;
  };

  const times = columns.filter((column) => mostly(column, (cell) => parseTimestamp(cell) !== undefined));
  const time =
    times.find((column) => mostly(column, isTextual)) ?? times.find(({ name }) => timeName.test(name)) ?? times[0];
  if (time === undefined) throw new Error(`no column of times; ${show(rows)}`);
  const numbers = columns.filter((column) => column !== time && mostly(column, isNumber));
  const values = only === undefined ? numbers : numbers.filter(({ name }) => only.includes(name));
  if (values.length === 0) {
    const reason = only === undefined ? 'no column of numbers' : `no column of numbers called ${only.join(' or ')}`;
    throw new Error(`${reason}; ${show(rows)}`);
  }
  return { hasHeader, count: first.length, time, values };
}

/** What files write where nothing was observed. */
export function isMissing(cell: string): boolean {
  return /^(|nan|null|na|n\/a|none|-)$/i.test(cell);
}

export function isNumber(cell: string): boolean {
  return cell !== '' && Number.isFinite(Number(cell));
}

function show(rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'the file is empty';
  return `the file begins ${rows
    .slice(0, 2)
    .map((row) => JSON.stringify(row.join(',').slice(0, 100)))
    .join(', ')}`;
}
