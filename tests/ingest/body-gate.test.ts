import { expect, test } from 'vitest';
import { createBodyGate } from '../../ingest/body-gate.ts';

const roomy = { maxBytes: 1000, maxMemoryBytes: 100, memoryBytes: () => 0 };

/** How many bodies of ten bytes a tenant gets in. */
function flood({ enter }: ReturnType<typeof createBodyGate>, tenant: string): number {
  for (let entered = 0; ; entered++) {
    try {
      enter(tenant, 10);
    } catch {
      return entered;
    }
  }
}

test('a tenant that floods leaves a fifth of the memory to another, which is let in', () => {
  const gate = createBodyGate(roomy);
  expect(flood(gate, 'greedy')).toBe(80);
  expect(() => gate.enter('modest', 10)).not.toThrow();
  expect(() => gate.enter('greedy', 10)).toThrow(
    expect.objectContaining({
      code: 'too_many_requests',
      exceeded: expect.objectContaining({ name: 'tenant-bodies' }),
    }),
  );
});

test('all bodies together never take more than the bound, but one alone may', () => {
  const gate = createBodyGate(roomy);
  const leave = gate.enter('a', 5000);
  expect(() => gate.enter('b', 1)).toThrow(
    expect.objectContaining({ exceeded: expect.objectContaining({ name: 'bodies', max: 1000 }) }),
  );
  leave();
  for (let i = 0; i < 1000; i++) flood(gate, `t${i}`);
  expect(gate.bytes()).toBeLessThanOrEqual(1000);
});

test('what has left makes room again, to the last byte', () => {
  const gate = createBodyGate(roomy);
  for (let i = 0; i < 100; i++) {
    const leaves = Array.from({ length: 40 }, () => gate.enter('a', 20));
    for (const leave of leaves) leave();
  }
  expect(gate.bytes()).toBe(0);
  expect(flood(gate, 'a')).toBe(80);
});

test('while memory is short nobody is let in, and all are told when to come again', () => {
  const gate = createBodyGate({ ...roomy, memoryBytes: () => 101 });
  expect(() => gate.enter('a', 1)).toThrow(
    expect.objectContaining({
      code: 'unavailable',
      retryAfterSeconds: 5,
      exceeded: expect.objectContaining({ name: 'memory' }),
    }),
  );
});
