import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTokenBuckets } from '../../api/token-buckets.ts';

test('a bucket gives its burst at once, then its rate, and is full again after a pause', () => {
  let nowMs = 0;
  const { take, level } = createTokenBuckets({ perSecond: 2, burstSeconds: 5, now: () => new Date(nowMs) });
  expect(level('k')).toEqual({ tokens: 10, waitSeconds: 0, fullInSeconds: 0 });
  expect(take('k', 10)).toEqual({ tokens: 0, waitSeconds: 0.5, fullInSeconds: 5 });
  expect(level('another').tokens).toBe(10);
  nowMs += 500;
  expect(level('k')).toMatchObject({ tokens: 1, waitSeconds: 0 });
  nowMs += 60_000;
  expect(level('k').tokens).toBe(10);
});

test('what is taken too much is a debt that is waited for', () => {
  let nowMs = 0;
  const { take, level } = createTokenBuckets({ perSecond: 100, burstSeconds: 1, now: () => new Date(nowMs) });
  expect(take('k', 1000)).toMatchObject({ tokens: -900, waitSeconds: 9.01 });
  nowMs += 9010;
  expect(level('k').waitSeconds).toBe(0);
});

test('a key that asks before each take never has more than its burst and its rate over any time', () => {
  const steps = fc.array(fc.nat(3000), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 10 }), steps, (perSecond, burst, waits) => {
      let nowMs = 0;
      let taken = 0;
      const { take, level } = createTokenBuckets({ perSecond, burstSeconds: burst, now: () => new Date(nowMs) });
      for (const wait of waits) {
        nowMs += wait;
        while (level('k').waitSeconds === 0) {
          take('k', 1);
          taken++;
        }
        expect(taken).toBeLessThanOrEqual(perSecond * burst + (perSecond * nowMs) / 1000 + 1e-6);
      }
    }),
  );
});
