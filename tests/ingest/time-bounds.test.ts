import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clampTime, timeBounds } from '../../ingest/time-bounds.ts';

const hourMs = 3_600_000;
const nowMs = Date.UTC(2026, 0, 5, 12);
const limits = { maxPastDays: 400, maxFutureSeconds: 600, clampFutureSeconds: 14 * 3600 };
const bounds = timeBounds(limits, { nowMs, backfill: false });

test.each([1, 2, 5.5, 5.75, 12.75, 14])(
  'a time that a wrong zone put %d hours ahead becomes the right one',
  (hours) => {
    expect(clampTime(nowMs + hours * hourMs, bounds)).toBe(nowMs);
  },
);

test('a time within bounds, in the past, or too far ahead is not moved', () => {
  for (const time of [nowMs, nowMs + 600_000, nowMs - 500 * 24 * hourMs, nowMs + 15 * hourMs, Number.NaN]) {
    expect(clampTime(time, bounds)).toBeUndefined();
  }
  const never = timeBounds({ ...limits, clampFutureSeconds: 0 }, { nowMs, backfill: false });
  expect(clampTime(nowMs + hourMs, never)).toBeUndefined();
});

test('a moved time is within bounds, no more than a quarter hour below them, and moved by whole quarter hours', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 14 * hourMs }), (beyond) => {
      const time = bounds.latest + beyond;
      const clamped = clampTime(time, bounds)!;
      expect(clamped).toBeLessThanOrEqual(bounds.latest);
      expect(clamped).toBeGreaterThan(bounds.latest - 900_000);
      expect((time - clamped) % 900_000).toBe(0);
    }),
  );
});
