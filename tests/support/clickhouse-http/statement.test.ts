import { describe, expect, test } from 'vitest';
import { assertOneStatement, formatOf, parseDataInsert } from './statement.ts';

describe('parseDataInsert', () => {
  test.each([
    ['INSERT INTO t FORMAT TSV', { target: 'INSERT INTO t', tail: 'FORMAT TSV', inlineData: '' }],
    [
      "/* who */ insert into db.`odd name` (a, `b)`) SETTINGS x='FORMAT ''q'' ;', y=1 FORMAT JSONEachRow\n{\"a\":1}\n\n;",
      {
        target: 'insert into db.`odd name` (a, `b)`)',
        tail: "SETTINGS x='FORMAT ''q'' ;', y=1 FORMAT JSONEachRow",
        inlineData: '{"a":1}\n\n;',
      },
    ],
    [
      'INSERT INTO TABLE t (* EXCEPT(b)) FORMAT TSV 1',
      { target: 'INSERT INTO TABLE t (* EXCEPT(b))', tail: 'FORMAT TSV', inlineData: '1' },
    ],
  ])('takes apart %s', (sql, expected) => {
    expect(parseDataInsert(sql)).toEqual(expected);
  });

  test.each([
    'SELECT 1 FORMAT TSV',
    'INSERT INTO t VALUES (1)',
    'INSERT INTO t SELECT 1',
    'INSERT INTO t SETTINGS a=1 SELECT 1 AS x FORMAT Null',
  ])('leaves %s to the engine', (sql) => {
    expect(parseDataInsert(sql)).toBeUndefined();
  });
});

describe('assertOneStatement', () => {
  test.each(['SELECT 1;\n -- the end', "SELECT ';', '\\';', ';''', `;`, \";\" /* ; */ -- ;\n FROM t"])(
    'accepts %s',
    (sql) => {
      expect(() => assertOneStatement(sql)).not.toThrow();
    },
  );

  test.each(['SELECT 1; SELECT 2', "SELECT ''; SELECT 2", 'SELECT 1 -- a\n; /* b */ SELECT 2'])('refuses %s', (sql) => {
    expect(() => assertOneStatement(sql)).toThrow(/Multi-statements are not allowed/);
  });
});

describe('formatOf', () => {
  test.each([
    ['SELECT 1 FORMAT JSONEachRow', 'JSONEachRow'],
    ["SELECT 1 format TSV SETTINGS a='x; y', b=1;\n", 'TSV'],
    ["SELECT 'FORMAT TSV'", undefined],
    ['SELECT 1', undefined],
  ])('reads the format of %s', (sql, expected) => {
    expect(formatOf(sql)).toBe(expected);
  });
});
