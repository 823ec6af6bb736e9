import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecentMap } from '../../ingest/recent-map.ts';

test('keeps what was used last, and at most twice as much', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(20)), (capacity, keys) => {
      const map = new RecentMap<number>(capacity);
      for (const key of keys) if (map.get(String(key)) === undefined) map.set(String(key), key);
      const recent = [...new Set(keys.toReversed())].slice(0, capacity);
      for (const key of recent.toReversed()) expect(map.get(String(key))).toBe(key);
      const kept = Array.from({ length: 21 }, (_, key) => key).filter((key) => map.get(String(key)) !== undefined);
      expect(kept.length).toBeLessThanOrEqual(2 * capacity);
    }),
  );
});
