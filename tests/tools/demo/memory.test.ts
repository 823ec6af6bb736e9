import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMemory, writeMemory } from '../../../tools/demo/memory.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

test('a start of the demo knows what the last one has sent, and the first knows nothing', () => {
  using directory = temporaryDirectory();
  expect(readMemory(directory.path)).toBeUndefined();
  writeMemory(directory.path, { endMs: 1, sentUntilMs: 2 });
  writeMemory(directory.path, { endMs: 1, sentUntilMs: 3 });
  expect(readMemory(directory.path)).toEqual({ endMs: 1, sentUntilMs: 3 });
});

test.each(['{"endMs":"soon"}', '{', 'null'])('a file that is not of the demo is said to be so: %s', (content) => {
  using directory = temporaryDirectory();
  writeFileSync(join(directory.path, 'demo.json'), content);
  expect(() => readMemory(directory.path)).toThrow(/is not the demo's; remove/);
});
