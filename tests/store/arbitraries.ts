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
const unsignZero = (value: number) => (value === 0 ? 0 : value);
export const float = fc.double().map(unsignZero);
const float32 = fc.float().map(unsignZero);
const labelName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,9}$/).filter((name) => name !== '__proto__');
export const labels = fc.dictionary(labelName, text, { maxKeys: 4, noNullPrototype: true });
/** Within few months, for each month is a partition; at the ends of what is allowed, and over a change of year. */
const time = fc
  .tuple(
    fc.constantFrom(0, Date.UTC(1999, 11, 31, 12), Date.UTC(2026, 0, 5), Date.UTC(2099, 11, 30)),
    fc.nat(86_400_000),
  )
  .map(([start, offset]) => start + offset);
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
  'scores.score': float32,
  'scores.maturity': float32,
  step_seconds: fc.nat(),
  tested_steps: fc.nat(),
  folds: fc.nat(),
  horizon_hours: fc.nat(),
  observed: fc.nat(),
  withdrawn: fc.integer({ min: 0, max: 1 }),
  chosen: fc.integer({ min: 0, max: 1 }),
};

/** Rows of a table, of every value that its columns hold. */
export function rowOf<T extends Table>(table: T): fc.Arbitrary<RowOf<T>> {
  const columns = Object.entries(table.columns).map(([name, kind]) => {
    return [name, narrower[`${table.name}.${name}`] ?? narrower[name] ?? arbitraryOf[kind]];
  });
  return fc.record(Object.fromEntries(columns)) as fc.Arbitrary<RowOf<T>>;
}
