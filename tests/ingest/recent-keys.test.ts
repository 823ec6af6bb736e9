import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRecentKeys } from '../../ingest/recent-keys.ts';

const capacity = 64;
/** Few low words, so that keys meet in the same slots. */
const key = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 40 }));
const action = fc.tuple(fc.constantFrom('add', 'remove'), key);

test('behaves as a set of keys, whatever is added and removed, while fewer than its capacity are in it', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const recent = createRecentKeys(capacity);
      const model = new Set<string>();
      for (const [name, [high, low]] of actions) {
        // A key of two zeros shares its place with one of a single 1, by design.
        const text = `${high}-${high === 0 && low === 0 ? 1 : low}`;
        if (name === 'remove') {
          recent.remove(high, low);
          model.delete(text);
        } else {
          expect(recent.add(high, low)).toBe(!model.has(text));
          model.add(text);
        }
        expect(recent.size()).toBe(model.size);
      }
    }),
  );
});

test('remembers at least as many keys as its capacity, and forgets what is older than twice as many', () => {
  const recent = createRecentKeys(capacity);
  for (let i = 1; i <= 1000; i++) {
    expect(recent.add(i, i * 2654435761)).toBe(true);
    const known = Math.max(1, i - capacity + 1);
    expect(recent.add(known, known * 2654435761)).toBe(false);
  }
  expect(recent.size()).toBeLessThanOrEqual(2 * capacity);
  expect(recent.add(1, 2654435761)).toBe(true);
});
