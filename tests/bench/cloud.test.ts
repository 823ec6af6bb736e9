import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CloudReport } from '../../bench/cloud.ts';
import { gaussian } from '../models/synthetic.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { runCommand } from '../tools/command.ts';

test('the bench counts what was found by event, and what was said beside the events', async () => {
  using directory = temporaryDirectory();
  const noise = gaussian(1);
  const hot = (row: number) => (row >= 400 && row < 404) || row === 600;
  const rows = Array.from({ length: 720 }, (_, row) => {
    const value = 10 + noise() + (hot(row) || row === 500 ? 100 : 0);
    return `"${new Date(row * 3_600_000).toISOString()}",${value},${Number(hot(row) || row === 300)}`;
  });
  mkdirSync(join(directory.path, 'latency'));
  writeFileSync(join(directory.path, 'latency/one.csv'), `TimeStamp,Value,Label\n${rows.join('\n')}\n`);
  const { code, stdout } = await runCommand('bench/main.ts', 'cloud', '--data', directory.path, '--json');
  expect(code).toBe(0);
  const { all, categories } = JSON.parse(stdout) as CloudReport;
  // Three events, of which one cannot be seen; three anomalies, of which one is not labelled.
  expect(all).toMatchObject({ series: 1, events: 3, recall: expect.closeTo(2 / 3), precision: expect.closeTo(2 / 3) });
  expect(all.falseAlarmsPerSeriesPerWeek).toBeCloseTo(168 / 719, 3);
  expect(categories).toEqual({ latency: all });
});
