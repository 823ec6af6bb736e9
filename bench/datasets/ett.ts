import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';

/** How ETT_1H of fev-bench is forecast: a week ahead, from twenty moments a week apart at the end of each column. */
export const ett = {
  horizon: 168,
  windows: 20,
  seasonLength: 24,
  seasonLengths: [24, 168],
  stepMs: 3_600_000,
} as const;

export interface EttSeries {
  id: string;
  values: Float64Array;
}

/**
 * Every column of every hourly file (`ETTh1.csv`, `ETTh2.csv`) in a folder.
 *
 * @throws Error when there is no such file.
 */
export function readEtt(folder: string): EttSeries[] {
  const files = readdirSync(folder).filter((file) => /^ETTh\d+\.csv$/.test(file));
  if (files.length === 0) throw new Error(`${folder} holds no ETTh1.csv or ETTh2.csv`);
  return files.sort().flatMap((file) => {
    const rows = parse(readFileSync(join(folder, file)), { columns: true }) as Record<string, string>[];
    const columns = Object.keys(rows[0] ?? {}).filter((column) => column !== 'date');
    return columns.map((column) => ({
      id: `${file.replace('.csv', '')}/${column}`,
      values: Float64Array.from(rows, (row) => Number(row[column])),
    }));
  });
}
