import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createProgressGroup, startProgress } from '../../tools/progress.ts';

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
  const progress = startProgress('cpu.csv', 100, { stream, nowMs: () => nowMs });
  for (let done = 0; done <= 100; done++) {
    nowMs += 100;
    progress.update(done, `${done} samples`);
  }
  progress.end('101 samples');
  expect(text()).toBe('cpu.csv: 49% 49 samples\ncpu.csv: 99% 99 samples\ncpu.csv: 101 samples\n');
});

test('on a terminal, what runs side by side has a bar each, and what came of it stays', () => {
  const { stream, text } = capture();
  const terminal = Object.assign(stream, { isTTY: true, columns: 100, cursorTo: () => true, clearLine: () => true });
  const group = createProgressGroup({ stream: terminal });
  const [first, second] = [group.start('detect', 1), group.start('forecast', 1)];
  first.update(0.5);
  second.end('1,089 series');
  first.end('3 anomalies');
  group.end();
  expect(text()).toMatch(/detect .*100% 3 anomalies/);
  expect(text()).toMatch(/forecast .*100% 1,089 series/);
});
