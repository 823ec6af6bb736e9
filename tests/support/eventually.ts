import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Polls `probe` until it answers something truthy, and returns that. An error of the probe counts as "not yet".
 *
 * @throws after `timeoutMs`, with the last error of the probe as the cause
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { what = 'the condition', timeoutMs = 20_000, intervalMs = 20 } = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  do {
    try {
      const answer = await probe();
      if (answer) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await sleep(intervalMs);
  } while (performance.now() < deadline);
  throw new Error(`${what} did not hold within ${timeoutMs} ms`, { cause });
}
