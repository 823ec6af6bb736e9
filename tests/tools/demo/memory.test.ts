import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { readMemory, resumeMemory, writeMemory } from '../../../tools/demo/memory.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

test('a start of the demo knows what the last one has sent, and the first knows nothing', () => {
  using directory = temporaryDirectory();
  expect(readMemory(directory.path)).toBeUndefined();
  writeMemory(directory.path, { endMs: 1, sentUntilMs: 2, gaps: [] });
  const later = { endMs: 1, sentUntilMs: 3, gaps: [{ fromMs: 1, toMs: 2 }] };
  writeMemory(directory.path, later);
  expect(readMemory(directory.path)).toEqual(later);
});

test.each(['{"endMs":"soon"}', '{', 'null'])('a file that is not of the demo is said to be so: %s', (content) => {
  using directory = temporaryDirectory();
  writeFileSync(join(directory.path, 'demo.json'), content);
  expect(() => readMemory(directory.path)).toThrow(/is not the demo's; remove/);
});

describe('resumeMemory', () => {
  const dayMs = 86_400_000;
  const nowMs = 100 * dayMs;

  it('misses the whole history at the first start', () => {
    const gaps = [{ fromMs: nowMs - 14 * dayMs, toMs: nowMs }];
    expect(resumeMemory(undefined, 14, nowMs)).toEqual({ endMs: nowMs, sentUntilMs: nowMs, gaps });
  });

  it('misses the time since the last start, and what the last start did not come to', () => {
    const rest = { fromMs: nowMs - 13 * dayMs, toMs: nowMs - 5 * dayMs };
    const last = { endMs: nowMs - 2 * dayMs, sentUntilMs: nowMs - dayMs, gaps: [rest] };
    expect(resumeMemory(last, 14, nowMs)).toEqual({
      endMs: last.endMs,
      sentUntilMs: nowMs,
      gaps: [rest, { fromMs: nowMs - dayMs, toMs: nowMs }],
    });
  });

  it('gives up what is older than the history is long', () => {
    const last = { endMs: 0, sentUntilMs: 50 * dayMs, gaps: [{ fromMs: 40 * dayMs, toMs: 45 * dayMs }] };
    expect(resumeMemory(last, 14, nowMs).gaps).toEqual([{ fromMs: nowMs - 14 * dayMs, toMs: nowMs }]);
  });
});
