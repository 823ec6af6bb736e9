import { expect, test } from 'vitest';
import { isTraceparent } from '../../ingest/traceparent.ts';

// The first is the example of the recommendation; the others follow its rules for each part.
test.each([
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', true],
  ['cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-brings', true],
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more', false],
  ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', false],
  ['00-00000000000000000000000000000000-b7ad6b7169203331-01', false],
  ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', false],
  ['00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01', false],
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331', false],
  ['', false],
  ['; DROP TABLE', false],
])('%s is a traceparent: %s', (text, isOne) => {
  expect(isTraceparent(text)).toBe(isOne);
});
