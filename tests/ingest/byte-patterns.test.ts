import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BytePatterns, viewOf } from '../../ingest/byte-patterns.ts';

test('a pattern is where its bytes are, and nowhere else, however many there are', () => {
  const bytes = fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each));
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 300 }), bytes, fc.nat(7), (patterns, other, gap) => {
      const known = new BytePatterns();
      const places = patterns.map((pattern) =>
        known.add(Buffer.concat([other, pattern]), other.length, other.length + pattern.length),
      );
      for (const [i, pattern] of patterns.entries()) {
        const message = Buffer.concat([Buffer.alloc(gap, 1), pattern]);
        expect(known.isAt(places[i]!, pattern.length, viewOf(message), gap)).toBe(true);
        for (let at = 0; at < pattern.length; at++) {
          message[gap + at]! ^= 1;
          expect(known.isAt(places[i]!, pattern.length, viewOf(message), gap)).toBe(false);
          message[gap + at]! ^= 1;
        }
      }
    }),
    { numRuns: 30 },
  );
});
