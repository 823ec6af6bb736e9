import { expect, test } from 'vitest';
import { createAdmission } from '../../ingest/admission.ts';

const kibibyte = 1024;

function start(maxBytes = 1000 * kibibyte) {
  let used = 0;
  let write = 0;
  const admission = createAdmission({ maxBytes, usedBytes: () => used, maxPendingBytes: 100, pendingBytes: () => 0 });
  return {
    admission,
    /** Whether the bytes of a tenant were taken. */
    take(tenant: string, bytes: number): boolean {
      try {
        admission.enter(tenant, bytes);
      } catch {
        return false;
      }
      used += bytes;
      admission.taken(tenant, bytes, ++write);
      return true;
    },
    drain() {
      used = 0;
      admission.stored(write);
    },
  };
}

/** How much of the spool a tenant gets that sends as long as it is let. */
function flood(take: (tenant: string, bytes: number) => boolean, tenant: string): number {
  let taken = 0;
  while (take(tenant, kibibyte)) taken += kibibyte;
  return taken / kibibyte;
}

test('a tenant that floods leaves a fifth of the spool to others, who are served', () => {
  const { take } = start();
  expect(flood(take, 'loud')).toBe(800);
  expect(take('quiet', 10 * kibibyte)).toBe(true);
  expect(take('loud', kibibyte)).toBe(false);
});

test('two that flood get the same, and a third still finds room', () => {
  const { take } = start();
  const got = { a: 0, b: 0 };
  for (let refused = 0; refused < 2; ) {
    refused = 0;
    for (const tenant of ['a', 'b'] as const) {
      if (take(tenant, kibibyte)) got[tenant]++;
      else refused++;
    }
  }
  expect(Math.abs(got.a - got.b)).toBeLessThanOrEqual(1);
  expect(got.a + got.b).toBeLessThan(900);
  expect(take('quiet', 10 * kibibyte)).toBe(true);
});

test('what is stored is given back to its tenant', () => {
  const { take, drain } = start();
  flood(take, 'loud');
  drain();
  expect(take('loud', 100 * kibibyte)).toBe(true);
});

test('nobody is served when the spool is full or the store says so, and told when to come again', () => {
  const { admission } = start(0);
  expect(() => admission.check()).toThrow(expect.objectContaining({ code: 'unavailable', retryAfterSeconds: 10 }));
  const other = start().admission;
  other.close('too many parts');
  expect(() => other.check()).toThrow(expect.objectContaining({ code: 'unavailable', retryAfterSeconds: 30 }));
  other.close(undefined);
  expect(() => other.check()).not.toThrow();
});
