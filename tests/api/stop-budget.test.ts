import { expect, test } from 'vitest';
import { stopBudget } from '../../api/stop-budget.ts';

test('the parts of the end come to less than the whole, with time to spare on a machine that is busy', () => {
  const { totalMs, requestsMs, drainMs, jobsMs } = stopBudget(9);
  expect(totalMs).toBe(9000);
  expect(requestsMs + drainMs + jobsMs).toBeLessThanOrEqual(0.7 * totalMs);
});
