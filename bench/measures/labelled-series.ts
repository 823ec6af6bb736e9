import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { parse } from 'csv-parse/sync';

/** A file of a benchmark: rows in the order of the file, times in Unix milliseconds (UTC where no zone is named). */
export interface LabelledSeries {
  /** The path below the folder of the data, with `/`: `realTraffic/speed_6005.csv`. */
  name: string;
  /** The times as they stand in the file. */
  timestamps: string[];
  times: number[];
  /** NaN where the file has none. */
  values: number[];
  /** Whether the row is labelled as anomalous, where the file says so. */
  labels: boolean[];
}

/**
 * Reads every CSV file below `folder`, in the order of their names. The columns are time, value and, optionally, a label of
 * 0 or 1, with a header.
 *
 * @throws Error that names the file and the row whose time or value cannot be read.
 */
export function readLabelledSeries(folder: string): LabelledSeries[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.csv'))
    .sort()
    .map((file) => readFile(folder, join(folder, file)));
}

function readFile(folder: string, path: string): LabelledSeries {
  const name = relative(folder, path).split(sep).join('/');
  const rows: string[][] = parse(readFileSync(path), { from_line: 2, relax_column_count: true });
  const series: LabelledSeries = { name, timestamps: [], times: [], values: [], labels: [] };
  for (const [i, [timestamp = '', value = '', label = '0']] of rows.entries()) {
    const timeMs = parseTime(timestamp);
    if (Number.isNaN(timeMs) || Number.isNaN(Number(value))) {
      throw new Error(`${path}, row ${i + 2}: expected a time and a number, found ${JSON.stringify(rows[i])}`);
    }
    series.timestamps.push(timestamp);
    series.times.push(timeMs);
    series.values.push(value === '' ? Number.NaN : Number(value));
    series.labels.push(Number(label) > 0);
  }
  return series;
}

/** @example parseTime('2014-02-14 14:30:00') // as 2014-02-14T14:30:00Z */
export function parseTime(text: string): number {
  const iso = text.trim().replace(' ', 'T');
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`);
}
