import { totalmem } from 'node:os';

/** To ask the kernel takes some microseconds, which each request would pay. */
const believedMs = 100;

/** How much memory this process has in use, as it was at most a tenth of a second ago. */
export function createMemoryReading(): () => number {
  let bytes = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = performance.now();
    if (nowMs - readAt > believedMs) {
      bytes = process.memoryUsage.rss();
      readAt = nowMs;
    }
    return bytes;
  };
}

/** How much the process may use: the limit of its container, or else what the machine has. */
export function availableMemoryBytes(): number {
  return Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());
}
