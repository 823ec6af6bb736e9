import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spellingOf } from '../../ingest/sample-spelling.ts';

const text = fc.string({ maxLength: 4 });
const series = fc.record(
  { metric: text, agent: text, unit: text, aggregation: text, labels: fc.dictionary(text, text, { maxKeys: 3 }) },
  { requiredKeys: [] },
);

test('records are spelled alike only when all but time and value is the same', () => {
  fc.assert(
    fc.property(series, series, (a, b) => {
      const isSame = JSON.stringify(Object.entries(a)) === JSON.stringify(Object.entries(b));
      expect(spellingOf({ ...a, time: 1, value: 2 }) === spellingOf({ value: 3, ...b })).toBe(isSame);
    }),
  );
});

test.each([[{ metric: 1 }], [{ labels: { a: 1 } }], [{ labels: [] }], [{ more: 'x' }], [null], ['text']])(
  '%j is left to the full check',
  (record) => {
    expect(spellingOf(record)).toBeUndefined();
  },
);
