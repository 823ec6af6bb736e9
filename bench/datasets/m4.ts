import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';

/** The frequencies of the M4 competition that are measured, as its rules set them. */
export const m4Frequencies = {
  hourly: { file: 'Hourly', horizon: 48, seasonLength: 24, seasonLengths: [24, 168], stepMs: 3_600_000 },
  weekly: { file: 'Weekly', horizon: 13, seasonLength: 1, seasonLengths: [52], stepMs: 604_800_000 },
} as const;

export type M4Frequency = keyof typeof m4Frequencies;

export interface M4Series {
  id: string;
  train: Float64Array;
  test: Float64Array;
}

/**
 * The series of one frequency, as the competition hands them out: a row a series, an id and values, blanks at the end.
 *
 * @throws Error when a file is missing or a row of one file has no partner in the other.
 */
export function readM4(folder: string, frequency: M4Frequency): M4Series[] {
  const { file } = m4Frequencies[frequency];
  const tests = readWide(join(folder, `${file}-test.csv`));
  return [...readWide(join(folder, `${file}-train.csv`))].map(([id, train]) => {
    const test = tests.get(id);
    if (test === undefined) throw new Error(`${file}-test.csv has no row ${id}`);
    return { id, train, test };
  });
}

function readWide(path: string): Map<string, Float64Array> {
  const rows = parse(readFileSync(path), { from_line: 2, relax_column_count: true }) as string[][];
  return new Map(
    rows.map(([id = '', ...cells]) => [
      id,
      Float64Array.from(
        cells.filter((cell) => cell !== ''),
        Number,
      ),
    ]),
  );
}
