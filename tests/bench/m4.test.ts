import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readM4 } from '../../bench/datasets/m4.ts';
import { m4 } from '../../bench/m4.ts';

/** Two seasonal series of unlike length, as the competition writes them. */
function writeData(): string {
  const folder = mkdtempSync(join(tmpdir(), 'm4-'));
  const wave = (count: number, from = 0) =>
    Array.from({ length: count }, (_, i) => (50 + 10 * Math.sin((2 * Math.PI * (from + i)) / 24)).toFixed(3));
  const row = (id: string, values: string[], width: number) =>
    [`"${id}"`, ...values, ...new Array<string>(width - values.length).fill('')].join(',');
  const header = (width: number) => Array.from({ length: width + 1 }, (_, i) => `"V${i + 1}"`).join(',');
  const train = [header(400), row('H1', wave(400), 400), row('H2', wave(300), 400)];
  const test_ = [header(48), row('H1', wave(48, 400), 48), row('H2', wave(48, 300), 48)];
  writeFileSync(join(folder, 'Hourly-train.csv'), train.join('\n'));
  writeFileSync(join(folder, 'Hourly-test.csv'), test_.join('\n'));
  return folder;
}

test('reads the wide files: a row a series, blanks at the end left out', () => {
  const series = readM4(writeData(), 'hourly');
  expect(series.map(({ id, train, test: { length } }) => [id, train.length, length])).toEqual([
    ['H1', 400, 48],
    ['H2', 300, 48],
  ]);
});

test('scores what users get and writes it as CSV', async () => {
  const folder = writeData();
  const file = join(folder, 'forecasts.csv');
  const options = { data: folder, freq: 'hourly', only: 'combined,seasonal-naive', forecasts: file };
  const { report } = await m4.run({ isQuick: false, log: () => {}, options });
  expect(report).toMatchObject({ bench: 'm4', frequency: 'hourly', series: 2 });
  const { scores } = report as { scores: { forecaster: string; smape: number }[] };
  expect(scores.map(({ forecaster }) => forecaster)).toEqual(['combined', 'seasonal-naive']);
  for (const { smape } of scores) expect(smape).toBeLessThan(0.1);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  expect(lines[0]).toBe('id,h,mean,lower,upper');
  expect(lines).toHaveLength(1 + 2 * 48);
  expect(lines[1]).toMatch(/^H1,1,[\d.]+,[\d.]+,[\d.]+$/);
});

test('a frequency that it does not know is refused with those that it knows', async () => {
  const context = { isQuick: false, log: () => {}, options: { data: '.', freq: 'daily' } };
  await expect(m4.run(context)).rejects.toThrow('--freq: expected hourly or weekly, not daily');
});
