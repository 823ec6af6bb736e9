import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseQuantity } from '../../console/quantity.ts';

test.each([
  ['250', 250],
  ['-1.5e3', -1500],
  ['90 %', 0.9],
  ['16 GiB', 17_179_869_184],
  ['16Gi', 17_179_869_184],
  ['1.5 TB', 1.5e12],
  ['20k', 20_000],
  ['20 K', 20_000],
  ['100 B', 100],
])('%s is %s', (text, value) => {
  expect(parseQuantity(text)).toBe(value);
});

test.each(['', 'much', '5 apples', '1,5', 'GiB', '5 iB', '1e999'])('%j is no quantity', (text) => {
  expect(parseQuantity(text)).toBeUndefined();
});

test('every finite number is read as itself', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(fc.property(finite, (value) => parseQuantity(String(value)) === value));
});
