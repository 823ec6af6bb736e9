import { basename, extname } from 'node:path';
import type { Labels } from '../../sdk/typescript/records.ts';

export interface SeriesName {
  metric: string;
  labels: Labels;
}

/**
 * Makes a valid name of a metric out of any text: letters, digits and `_`, not a digit first.
 *
 * @example
 * toMetricName('iio_us-east-1.NetworkIn') // 'iio_us_east_1_NetworkIn'
 */
export function toMetricName(text: string): string {
  const name = text
    .normalize('NFKD')
    .replace(/[^a-zA-Z0-9_]+/g, '_')
    .replace(/_+$|^_+(?=[a-zA-Z])/g, '');
  const valid = /^[a-zA-Z_]/.test(name) ? name : `_${name}`;
  return valid.slice(0, 200);
}

/**
 * Names the series of the value columns of files, each differently.
 *
 * Without `metric`, a series is called after its file and, where the file has several, its column. With it, all have
 * that metric, and the labels `file` and `column` tell them apart where there are several.
 *
 * @param files the paths and the names of their value columns.
 * @returns by path and column
 */
export function nameSeries(
  files: readonly { path: string; columns: readonly string[] }[],
  metric?: string,
): (path: string, column: string) => SeriesName {
  const names = new Map<string, SeriesName>();
  const taken = new Set<string>();
  for (const { path, columns } of files) {
    const stem = basename(path, extname(path));
    for (const column of columns) {
      const several = columns.length > 1;
      const name: SeriesName =
        metric === undefined
          ? { metric: toMetricName(several ? `${stem}_${column}` : stem), labels: {} }
          : { metric, labels: { ...(files.length > 1 && { file: stem }), ...(several && { column }) } };
      names.set(keyOf(path, column), distinct(name, taken));
    }
  }
  return (path, column) => names.get(keyOf(path, column))!;
}

function distinct({ metric, labels }: SeriesName, taken: Set<string>): SeriesName {
  let copy = 1;
  let name = { metric, labels };
  while (taken.has(JSON.stringify(name))) {
    copy++;
    name = { metric, labels: { ...labels, copy: String(copy) } };
  }
  taken.add(JSON.stringify(name));
  return name;
}

function keyOf(path: string, column: string): string {
  return `${path}\0${column}`;
}
