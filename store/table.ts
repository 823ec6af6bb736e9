/**
 * How a column is written into an insert. `time` is Unix milliseconds for DateTime64(3), `date` days since 1970
 * for Date, `id` an unsigned 64-bit integer in decimal, `numbers` an Array(Float64).
 */
export type ColumnKind =
  | 'text'
  | 'number'
  | 'optionalNumber'
  | 'id'
  | 'time'
  | 'optionalTime'
  | 'date'
  | 'map'
  | 'numbers';

interface ColumnValues {
  text: string;
  number: number;
  optionalNumber: number | null;
  id: string;
  time: number;
  optionalTime: number | null;
  date: number;
  map: Readonly<Record<string, string>>;
  numbers: ArrayLike<number>;
}

/** A table that rows are inserted into: its name, and its columns in the order in which they are written. */
export interface Table<Columns extends Record<string, ColumnKind> = Record<string, ColumnKind>> {
  name: string;
  columns: Columns;
}

export type RowOf<T> = T extends Table<infer Columns> ? { [K in keyof Columns]: ColumnValues[Columns[K]] } : never;

/** Names a table and the kinds of its columns; the SQL in `schema/clickhouse` is the truth, a test compares them. */
export function defineTable<Columns extends Record<string, ColumnKind>>(
  name: string,
  columns: Columns,
): Table<Columns> {
  return { name, columns };
}

/**
 * Encodes rows as ClickHouse's TabSeparated: a line a row, in the order of the table's columns.
 *
 * @example
 * encodeRows(defineTable('t', { a: 'text', b: 'number' }), [{ a: 'x\ty', b: 1 }]) // 'x\\ty\t1\n'
 */
export function encodeRows<T extends Table>(table: T, rows: readonly RowOf<T>[]): string {
  const names = Object.keys(table.columns);
  const encoders = names.map((name) => encoderOf[table.columns[name]!] as (value: unknown) => string);
  let text = '';
  for (const row of rows as readonly Record<string, unknown>[]) {
    for (let c = 0; c < names.length; c++) {
      text += (c === 0 ? '' : '\t') + encoders[c]!(row[names[c]!]);
    }
    text += '\n';
  }
  return text;
}

const encoderOf: { [K in ColumnKind]: (value: ColumnValues[K]) => string } = {
  text: escapeText,
  number: encodeNumber,
  optionalNumber: (value) => (value === null ? '\\N' : encodeNumber(value)),
  id: String,
  time: encodeTime,
  optionalTime: (value) => (value === null ? '\\N' : encodeTime(value)),
  date: encodeDate,
  map: encodeMap,
  numbers: (value) => `[${Array.from(value, encodeNumber).join(',')}]`,
};

function encodeNumber(value: number): string {
  return Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

/** Ten digits of seconds and three decimals: ClickHouse reads a shorter number as a year. */
function encodeTime(ms: number): string {
  const digits = String(Math.round(ms)).padStart(13, '0');
  return `${digits.slice(0, -3)}.${digits.slice(-3)}`;
}

const dateTexts = new Map<number, string>();

function encodeDate(day: number): string {
  let text = dateTexts.get(day);
  if (text === undefined) {
    if (dateTexts.size > 10_000) dateTexts.clear();
    text = new Date(day * 86_400_000).toISOString().slice(0, 10);
    dateTexts.set(day, text);
  }
  return text;
}

const special = /[\\\t\n\r\0\b\f']/;
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
  "'": "\\'",
};

export function escapeText(text: string): string {
  return special.test(text) ? text.replace(/[\\\t\n\r\0\b\f']/g, (character) => escapes[character]!) : text;
}

function encodeMap(map: Readonly<Record<string, string>>): string {
  let text = '';
  for (const key in map) {
    text += `${text === '' ? '' : ','}'${escapeText(key)}':'${escapeText(map[key]!)}'`;
  }
  return `{${text}}`;
}
