import { createReadStream, type ReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse/sync';
import { type Columns, findColumns, isMissing, isNumber } from './columns.ts';
import { parseTimestamp } from './timestamp.ts';

/** One value of a file. */
export interface Reading {
  timeMs: number;
  /** The name of its column. */
  column: string;
  value: number;
}

/** A line that could not be read, or a part of it. */
export interface BadLine {
  line: number;
  reason: string;
  text: string;
}

export interface CsvFile {
  columns: Columns;
  /** The first time of the file, or undefined when no line has one. */
  firstTimeMs: number | undefined;
  /** Reads the file once, in its order, as far as it is asked for. */
  readings(): AsyncGenerator<Reading>;
  /** Told of by now; complete when `readings` has ended. The first lines are kept, all are counted. */
  bad: { count: number; first: BadLine[] };
  /** Cells where nothing was observed. */
  missing(): number;
  bytesRead(): number;
}

/** Rows looked at to tell the columns apart. */
const headRows = 100;
const keptBadLines = 5;

interface Row {
  line: number;
  text: string;
  cells: string[];
}

type Report = (line: number, reason: string, text: string) => void;

/**
 * Opens a CSV file of times and values. Header names are free; the delimiter is a comma, a semicolon or a tab.
 *
 * @param only keep these value columns, by name.
 * @throws Error when the file cannot be read, or has no column of times or of numbers.
 */
export async function openCsv(path: string, only?: readonly string[]): Promise<CsvFile> {
  const bad: CsvFile['bad'] = { count: 0, first: [] };
  const report: Report = (line, reason, text) => {
    bad.count++;
    if (bad.first.length < keptBadLines) bad.first.push({ line, reason, text: text.slice(0, 100) });
  };
  const delimiter = await findDelimiter(path);
  const source = createReadStream(path);
  const rows = parseRows(source, delimiter, report);
  const head = await take(rows, headRows);
  const columns = findColumns(
    head.map(({ cells }) => cells),
    only,
  );
  if (columns.hasHeader) head.shift();
  let missing = 0;

  async function* readings(): AsyncGenerator<Reading> {
    for (const row of head) yield* readRow(row);
    for await (const row of rows) yield* readRow(row);
  }

  function* readRow({ line, text, cells }: Row): Generator<Reading> {
    if (cells.length !== columns.count) {
      report(line, `${cells.length} columns in place of ${columns.count}`, text);
      return;
    }
    const timeMs = parseTimestamp(cells[columns.time.index]!);
    if (timeMs === undefined) {
      report(line, `${columns.time.name} is not a time`, text);
      return;
    }
    for (const { index, name } of columns.values) {
      const cell = cells[index]!;
      if (isMissing(cell)) missing++;
      else if (isNumber(cell)) yield { timeMs, column: name, value: Number(cell) };
      else report(line, `${name} is not a number`, text);
    }
  }

  const firstTimeMs = head
    .map(({ cells }) => parseTimestamp(cells[columns.time.index] ?? ''))
    .find((time) => time !== undefined);
  return { columns, firstTimeMs, readings, bad, missing: () => missing, bytesRead: () => source.bytesRead };
}

async function take(rows: AsyncGenerator<Row>, count: number): Promise<Row[]> {
  const taken: Row[] = [];
  while (taken.length < count) {
    const { value, done } = await rows.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

/** A line is a row: in a series no cell has line ends, and so a stray quote spoils its own line and not the rest. */
async function* parseRows(source: ReadStream, delimiter: string, report: Report): AsyncGenerator<Row> {
  let line = 0;
  for await (const raw of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) {
    const text = line++ === 0 ? raw.replace(/^\uFEFF/, '') : raw;
    if (text.trim() === '') continue;
    try {
      yield { line, text, cells: parseLine(text, delimiter) };
    } catch (error) {
      report(line, (error as Error).message.split(/:| at line/)[0]!, text);
    }
  }
}

function parseLine(text: string, delimiter: string): string[] {
  if (!text.includes('"')) return text.split(delimiter).map((cell) => cell.trim());
  return parse(text, { delimiter, trim: true, relax_column_count: true })[0] ?? [];
}

async function findDelimiter(path: string): Promise<string> {
  let start = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8', end: 65_535 })) start += chunk;
  const firstLine = start.split(/\r?\n/, 1)[0]!;
  const count = (delimiter: string) => firstLine.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}
