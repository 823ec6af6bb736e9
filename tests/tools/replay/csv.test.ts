import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type CsvFile, openCsv, type Reading } from '../../../tools/replay/csv.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const folder = temporaryDirectory();
afterAll(() => folder.remove());

async function read(content: string, only?: string[]): Promise<{ file: CsvFile; readings: Reading[] }> {
  const path = join(folder.path, 'file.csv');
  writeFileSync(path, content);
  const file = await openCsv(path, only);
  const readings: Reading[] = [];
  for await (const reading of file.readings()) readings.push(reading);
  return { file, readings };
}

const at = Date.UTC(2014, 1, 14, 14, 30);

describe('openCsv', () => {
  it.each([
    ['a header of any names', 'when it was,how much\n2014-02-14 14:30:00,0.5\n', 'how much'],
    ['no header', '2014-02-14 14:30:00,0.5\n', 'column2'],
    ['semicolons', 'ts;v\n2014-02-14 14:30:00;0.5', 'v'],
    ['tabs, a byte order mark and Windows line ends', '\uFEFFts\tv\r\n2014-02-14T14:30:00Z\t0.5\r\n', 'v'],
    ['the value before the time', 'v,ts\n0.5,1392388200\n', 'v'],
    ['quoted cells', '"ts","a, b"\n"2014-02-14 14:30:00","0.5"\n', 'a, b'],
  ])('reads a file with %s', async (_, content, column) => {
    const { readings, file } = await read(content);
    expect(readings).toEqual([{ timeMs: at, column, value: 0.5 }]);
    expect(file.bad.count).toBe(0);
    expect(file.firstTimeMs).toBe(at);
  });

  it('makes a series of each column of numbers, and leaves columns of text out', async () => {
    const { readings } = await read(
      'id,host,time,cpu,mem\n1,a,2014-02-14 14:30:00,0.5,7\n2,a,2014-02-14 14:35:00,,8\n',
    );
    expect(readings.map(({ column, value }) => `${column}=${value}`)).toEqual([
      'id=1',
      'cpu=0.5',
      'mem=7',
      'id=2',
      'mem=8',
    ]);
  });

  it('keeps only the columns that were asked for', async () => {
    const { readings } = await read('time,cpu,mem\n2014-02-14 14:30:00,0.5,7\n', ['mem']);
    expect(readings).toEqual([{ timeMs: at, column: 'mem', value: 7 }]);
    await expect(read('time,cpu\n2014-02-14 14:30:00,0.5\n', ['disk'])).rejects.toThrow(/called disk/);
  });

  it('counts bad lines, keeps the first, and reads the lines around them', async () => {
    const good = '2014-02-14 14:30:00,1\n'.repeat(20);
    const { file, readings } = await read(`time,v\n${good}yesterday,2\n2014-02-14 14:30:00,high\n1,2,3\n${good}`);
    expect(readings).toHaveLength(40);
    expect(file.bad).toEqual({
      count: 3,
      first: [
        { line: 22, reason: 'time is not a time', text: 'yesterday,2' },
        { line: 23, reason: 'v is not a number', text: '2014-02-14 14:30:00,high' },
        { line: 24, reason: '3 columns in place of 2', text: '1,2,3' },
      ],
    });
  });

  it('loses only its own line to a quote that is never closed', async () => {
    const { file, readings } = await read('time,v\n2014-02-14 14:30:00,"1\n2014-02-14 14:35:00,2\n');
    expect(readings.map(({ value }) => value)).toEqual([2]);
    expect(file.bad.first).toMatchObject([{ line: 2, text: '2014-02-14 14:30:00,"1' }]);
  });

  it('counts empty values apart from bad ones', async () => {
    const { file, readings } = await read(
      'time,v\n2014-02-14 14:30:00,\n2014-02-14 14:35:00,NaN\n2014-02-14 14:40:00,3\n',
    );
    expect(readings).toHaveLength(1);
    expect(file.missing()).toBe(2);
    expect(file.bad.count).toBe(0);
  });

  it.each([
    ['', /the file is empty/],
    ['a,b\nx,1\n', /no column of times; the file begins "a,b", "x,1"/],
    ['time,b\n2014-02-14,x\n', /no column of numbers/],
  ])('says what is missing in %j', async (content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });

  it('accounts for every line of data: read, empty or bad', async () => {
    const cell = fc.oneof(fc.constantFrom('1', '', 'x', '"', 'NaN', '2014-02-14 14:30:00', '1,2'), fc.string());
    const line = fc
      .tuple(fc.constantFrom('2014-02-14 14:30:00', '1392388200', 'never'), cell)
      .map((cells) => cells.join(','));
    const oneLine = line.filter((text) => !/[\r\n\u2028\u2029]/.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(oneLine), async (lines) => {
        const { file, readings } = await read(`time,v\n${'2014-02-14 14:30:00,1\n'.repeat(100)}${lines.join('\n')}`);
        expect(readings.length + file.missing() + file.bad.count).toBe(100 + lines.length);
      }),
      { numRuns: 50 },
    );
  });
});
