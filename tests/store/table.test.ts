import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defineTable, encodeRows } from '../../store/table.ts';
import { allTables } from '../../store/tables.ts';
import { rowOf } from './arbitraries.ts';

const mixed = defineTable('t', {
  text: 'text',
  number: 'number',
  time: 'time',
  maybe: 'optionalNumber',
  day: 'date',
  map: 'map',
  list: 'numbers',
});

test('a row is one line of TabSeparated, as ClickHouse documents the format', () => {
  const row = {
    text: "it's a\ttab,\na \\ and \r\0\b\f",
    number: Number.NEGATIVE_INFINITY,
    time: 1_500,
    maybe: null,
    day: 20_458,
    map: { "a'b": 'c\td' },
    list: [1.5, Number.NaN],
  };
  expect(encodeRows(mixed, [row])).toBe(
    "it\\'s a\\ttab,\\na \\\\ and \\r\\0\\b\\f\t-inf\t0000000001.500\t\\N\t2026-01-05\t{'a\\'b':'c\\td'}\t[1.5,nan]\n",
  );
});

describe.each(allTables.map((table) => ({ name: table.name, table })))('rows of $name', ({ table }) => {
  test('are a line each with all columns, never blank: chDB ends inserted rows at the first blank line', () => {
    fc.assert(
      fc.property(fc.array(rowOf(table), { minLength: 1, maxLength: 4 }), (rows) => {
        const lines = encodeRows(table, rows).split('\n');
        expect(lines.pop()).toBe('');
        expect(lines.map((line) => line.split('\t').length)).toEqual(rows.map(() => Object.keys(table.columns).length));
        for (const line of lines) expect(line.trim()).not.toBe('');
      }),
    );
  });
});
