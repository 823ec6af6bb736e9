import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createProgress } from '../../tools/progress.ts';

function capture() {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text };
}

test('away from a terminal, progress is a line now and then and one at the end', () => {
  const { stream, text } = capture();
  let nowMs = 0;
  const progress = createProgress({ label: 'cpu.csv', total: 100, stream, nowMs: () => nowMs });
  for (let done = 0; done <= 100; done++) {
    nowMs += 100;
    progress.update(done, `${done} samples`);
  }
  progress.end('101 samples');
  expect(text()).toBe('cpu.csv: 49% 49 samples\ncpu.csv: 99% 99 samples\ncpu.csv: 101 samples\n');
});
