import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTokenBuckets } from '../../api/token-buckets.ts';

test('a bucket gives its burst at once, then its rate, and is full again after a pause', () => {
  let nowMs = 0;
  const { take, level } = createTokenBuckets({ burstSeconds: 5, now: () => new Date(nowMs) });
  expect(level('k', 2)).toEqual({ tokens: 10, waitSeconds: 0, fullInSeconds: 0 });
  expect(take('k', 2, 10)).toEqual({ tokens: 0, waitSeconds: 0.5, fullInSeconds: 5 });
  expect(level('another', 2).tokens).toBe(10);
  nowMs += 500;
  expect(level('k', 2)).toMatchObject({ tokens: 1, waitSeconds: 0 });
  nowMs += 60_000;
  expect(level('k', 2).tokens).toBe(10);
});

test('what is taken too much is a debt that is waited for', () => {
  let nowMs = 0;
  const { take, level } = createTokenBuckets({ burstSeconds: 1, now: () => new Date(nowMs) });
  expect(take('k', 100, 1000)).toMatchObject({ tokens: -900, waitSeconds: 9.01 });
  nowMs += 9010;
  expect(level('k', 100).waitSeconds).toBe(0);
});

test('a key that asks before each take never has more than its burst and its rate over any time', () => {
  const steps = fc.array(fc.nat(3000), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 10 }), steps, (perSecond, burst, waits) => {
      let nowMs = 0;
      let taken = 0;
      const { take, level } = createTokenBuckets({ burstSeconds: burst, now: () => new Date(nowMs) });
      for (const wait of waits) {
        nowMs += wait;
        while (level('k', perSecond).waitSeconds === 0) {
          take('k', perSecond, 1);
          taken++;
        }
        expect(taken).toBeLessThanOrEqual(perSecond * burst + (perSecond * nowMs) / 1000 + 1e-6);
      }
    }),
  );
});
