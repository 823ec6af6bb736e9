import fc from 'fast-check';
import type { ColumnKind, RowOf, Table } from '../../store/table.ts';
import { aggregations } from '../../store/tables.ts';

/** What breaks encodings: separators, quotes, escapes, blank lines, text that looks like syntax. */
const awkward = fc.constantFrom(
  '',
  ' ',
  '\n\n',
  '\r\n\r\n',
  '\t',
  '\\',
  '\\N',
  '\\n',
  "'",
  '"',
  '\0',
  '{x:String}',
  "'); DROP TABLE samples; --",
  '\u2028',
  'ü🦊',
);

/** Unicode text of any kind; a lone surrogate has no UTF-8 and is left out. */
export const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.array(awkward, { maxLength: 4 }).map((parts) => parts.join('')),
);

/** Zero has one sign in the store. */
export const float = fc.double().map((value) => (value === 0 ? 0 : value));
const labelName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,9}$/).filter((name) => name !== '__proto__');
export const labels = fc.dictionary(labelName, text, { maxKeys: 4, noNullPrototype: true });
const time = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });
const unsigned64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(String);

const arbitraryOf: Record<ColumnKind, fc.Arbitrary<unknown>> = {
  text,
  number: float,
  optionalNumber: fc.option(float),
  id: unsigned64,
  time,
  optionalTime: fc.option(time),
  date: fc.integer({ min: 40_000, max: 60_000 }),
  map: labels,
  numbers: fc.array(float, { maxLength: 5 }),
};

/** Columns that hold less than their kind: an Enum8, a Float32, integers. */
const narrower: Record<string, fc.Arbitrary<unknown>> = {
  aggregation: fc.constantFrom(...aggregations),
  'heartbeats.interval_seconds': fc.double({ min: 1, max: 3600, noNaN: true }),
  'scores.score': fc.float(),
  'scores.maturity': fc.float(),
  'forecasts.step_seconds': fc.nat(),
  'forecasts.chosen': fc.integer({ min: 0, max: 1 }),
};

/** Rows of a table, of every value that its columns hold. */
export function rowOf<T extends Table>(table: T): fc.Arbitrary<RowOf<T>> {
  const columns = Object.entries(table.columns).map(([name, kind]) => {
    return [name, narrower[`${table.name}.${name}`] ?? narrower[name] ?? arbitraryOf[kind]];
  });
  return fc.record(Object.fromEntries(columns)) as fc.Arbitrary<RowOf<T>>;
}
