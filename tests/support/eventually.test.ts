import { expect, test } from 'vitest';
import { eventually } from './eventually.ts';

test('eventually returns the first truthy answer, over errors and falsy ones', async () => {
  const answers = [() => 0, () => Promise.reject(new Error('not yet')), () => 'done'];
  expect(await eventually(() => answers.shift()?.(), { intervalMs: 1 })).toBe('done');
});

test('eventually gives up at its deadline and says why', async () => {
  const never = eventually(() => Promise.reject(new Error('refused')), { what: 'a port', timeoutMs: 5, intervalMs: 1 });
  await expect(never).rejects.toMatchObject({
    message: 'a port did not hold within 5 ms',
    cause: { message: 'refused' },
  });
});
