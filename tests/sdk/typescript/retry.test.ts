import { expect, test } from 'vitest';
import { parseRetryAfter } from '../../../sdk/typescript/retry.ts';

// RFC 9110, section 10.2.3: an HTTP date, or seconds.
test.each([
  ['120', 120],
  ['0', 0],
  ['Fri, 31 Dec 1999 23:59:59 GMT', 59],
  ['Fri, 31 Dec 1999 23:00:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
  [null, undefined],
])('Retry-After %j means %j seconds', (header, seconds) => {
  expect(parseRetryAfter(header, Date.UTC(1999, 11, 31, 23, 59, 0))).toBe(seconds);
});
