import type { TestModule } from 'vitest/node';

/** The outcome of a run of tests. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  /** Why tests were skipped, where they said so. */
  skipNotes: readonly string[];
}

/**
 * Counts a finished run. A test without a result (its worker died), a file that failed outside its tests (an import, a
 * hook) and an unhandled error each count as one failure.
 */
export function tally(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): Tally {
  const notes = new Set<string>();
  const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
  for (const module of modules) {
    const failedBefore = count.failed;
    for (const test of module.children.allTests()) {
      const result = test.result();
      count[result.state === 'pending' ? 'failed' : result.state]++;
      if (result.state === 'skipped' && result.note) notes.add(`${test.fullName}, because ${result.note}`);
    }
    const failedAlone = count.failed === failedBefore && !module.ok();
    if (failedAlone) count.failed++;
  }
  return { ...count, skipNotes: [...notes] };
}

/** @example summaryLine({ passed: 12, failed: 0, skipped: 2, skipNotes: [] }) // '12 passed, 0 failed, 2 skipped' */
export function summaryLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** A run is good when something ran and nothing failed. */
export function isGood({ passed, failed }: Tally): boolean {
  return passed > 0 && failed === 0;
}
