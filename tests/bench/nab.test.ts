import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { NabReport } from '../../bench/nab.ts';
import { gaussian } from '../models/synthetic.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { runCommand } from '../tools/command.ts';

const rows = 1200;

/** Two weeks by quarters of an hour, with an incident of an hour, in the layout of the benchmark. */
function writeBenchmark(folder: string): void {
  const noise = gaussian(1);
  const timestamp = (row: number) => new Date(row * 900_000).toISOString().slice(0, 19).replace('T', ' ');
  const line = (row: number) => `${timestamp(row)},${10 + noise() + (row >= 1000 && row < 1004 ? 100 : 0)}`;
  mkdirSync(join(folder, 'data/real'), { recursive: true });
  mkdirSync(join(folder, 'labels'));
  const lines = Array.from({ length: rows }, (_, row) => line(row));
  writeFileSync(join(folder, 'data/real/one.csv'), `timestamp,value\n${lines.join('\n')}\n`);
  const windows = { 'real/one.csv': [[`${timestamp(990)}.000000`, `${timestamp(1050)}.000000`]] };
  writeFileSync(join(folder, 'labels/combined_windows.json'), JSON.stringify(windows));
}

test('the bench finds an obvious incident, counts no other alarm, and writes scores that others can score', async () => {
  using directory = temporaryDirectory();
  const folder = directory.path;
  writeBenchmark(folder);
  const scores = join(folder, 'scores');
  const { code, stdout } = await runCommand('bench/main.ts', 'nab', '--data', folder, '--scores', scores, '--json');
  expect(code).toBe(0);
  const { all, points } = JSON.parse(stdout) as NabReport;
  expect(points).toBe(rows);
  expect(all).toMatchObject({ files: 1, windows: 1, fixed: { windowsFound: 1, precision: 1, recall: 1 } });
  expect(all.fixed.falseAlarmsPerSeriesPerWeek).toBe(0);
  expect(all.nab.standard).toBeGreaterThan(85);
  const lines = readFileSync(join(scores, 'real/one.csv'), 'utf8').trim().split('\n');
  expect(lines).toHaveLength(rows + 1);
  expect(lines[0]).toBe('timestamp,value,anomaly_score');
  const spoken = lines.slice(1).flatMap((line, row) => (Number(line.split(',')[2]) > 0.5 ? [row] : []));
  expect(spoken[0]).toBe(1000);
});

test('the bench says which row of which file it cannot read', async () => {
  using directory = temporaryDirectory();
  const folder = directory.path;
  writeBenchmark(folder);
  writeFileSync(join(folder, 'data/real/two.csv'), 'timestamp,value\n2026-01-01 00:00:00,1\nnever,2\n');
  const { code, stderr } = await runCommand('bench/main.ts', 'nab', '--data', folder);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/two\.csv, row 3: expected a time and a number/);
});
