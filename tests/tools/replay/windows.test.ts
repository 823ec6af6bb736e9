import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { compareWithWindows, mergeWindows, readWindows } from '../../../tools/replay/windows.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const folder = temporaryDirectory();
afterAll(() => folder.remove());

function labelsFile(content: string): string {
  const path = join(folder.path, 'labels.json');
  writeFileSync(path, content);
  return path;
}

const span = fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 20 }));
const windows = fc.array(span.map(([fromMs, length]) => ({ fromMs, toMs: fromMs + length })));

describe('readWindows', () => {
  it('finds the windows of a file by the end of its path, as NAB names its files', async () => {
    const labels = {
      'aws/cpu.csv': [['2014-02-26 22:05:00.000000', '2014-02-27 17:15:00.000000']],
      'aws/quiet.csv': [],
    };
    const windowsOf = await readWindows(labelsFile(JSON.stringify(labels)));
    expect(windowsOf('/somewhere/data/aws/cpu.csv')).toEqual([
      { fromMs: Date.UTC(2014, 1, 26, 22, 5), toMs: Date.UTC(2014, 1, 27, 17, 15) },
    ]);
    expect(windowsOf('/somewhere/data/aws/quiet.csv')).toEqual([]);
    expect(windowsOf('/somewhere/data/other/cpu.csv')).toBeUndefined();
  });

  it.each(['[]', '{"a.csv": 1}', '{"a.csv": [["x", "y"]]}', '{"a.csv": [["2014-02-26"]]}'])(
    'says what it expected when it is given %s',
    async (content) => {
      await expect(readWindows(labelsFile(content))).rejects.toThrow(/not a file of windows; expected/);
    },
  );
});

describe('compareWithWindows', () => {
  it('counts what overlaps a window as a hit, its ends included, and lists the rest apart', () => {
    const found = [3, 10, 20, 21].map((fromMs) => ({ fromMs, toMs: fromMs }));
    const { windows: compared, outside } = compareWithWindows(found, [
      { fromMs: 10, toMs: 20 },
      { fromMs: 30, toMs: 40 },
    ]);
    expect(compared.map(({ hits }) => hits.map(({ fromMs }) => fromMs))).toEqual([[10, 20], []]);
    expect(outside.map(({ fromMs }) => fromMs)).toEqual([3, 21]);
  });
});

describe('mergeWindows', () => {
  it('covers exactly the same times, ascending and apart', () => {
    fc.assert(
      fc.property(windows, (given) => {
        const merged = mergeWindows(given);
        const covers = (set: typeof given, time: number) =>
          set.some(({ fromMs, toMs }) => fromMs <= time && time <= toMs);
        for (let time = 0; time <= 120; time++) expect(covers(merged, time)).toBe(covers(given, time));
        for (const [i, { fromMs }] of merged.entries()) if (i > 0) expect(fromMs).toBeGreaterThan(merged[i - 1]!.toMs);
      }),
    );
  });

  it('joins what is no further apart than the gap', () => {
    expect(
      mergeWindows(
        [
          { fromMs: 12, toMs: 13 },
          { fromMs: 0, toMs: 10 },
          { fromMs: 20, toMs: 21 },
        ],
        5,
      ),
    ).toEqual([
      { fromMs: 0, toMs: 13 },
      { fromMs: 20, toMs: 21 },
    ]);
  });
});
