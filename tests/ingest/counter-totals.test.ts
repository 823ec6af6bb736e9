import { appendFileSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { type CounterTotalsOptions, openCounterTotals } from '../../ingest/counter-totals.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const directory = temporaryDirectory();
afterAll(() => directory.remove());
let files = 0;
const newPath = () => join(directory.path, `counters-${files++}`);
const open = (path: string, options: Partial<CounterTotalsOptions> = {}) =>
  openCounterTotals({ path, capacity: 1000, bootId: 'this boot', ...options });
const total = (time: number, value: number, start = 0) => ({ time, total: value, start });
const ids = (count: number) => Array.from({ length: count }, (_, i) => String(2n ** 64n - 1n - BigInt(i)));

describe('the last totals of counters', () => {
  test('are found again after an end in order, also within another run of the machine', async () => {
    const path = newPath();
    const first = await open(path);
    await first.keep(ids(300).map((seriesId, i) => ({ seriesId, ...total(i, i / 3, 7) })));
    await first.close();
    const next = await open(path, { bootId: 'another boot' });
    expect(ids(300).map((id) => next.find(id))).toEqual(ids(300).map((_, i) => total(i, i / 3, 7)));
    expect(next.find('1')).toBeUndefined();
    await next.close();
  });

  test('are in the file once they are kept, so that kill -9 loses none', async () => {
    const path = newPath();
    const totals = await open(path);
    for (let time = 1; time < 20; time++) await totals.keep([{ seriesId: '5', ...total(time, 10 * time) }]);
    copyFileSync(path, `${path}-killed`);
    await totals.keep([{ seriesId: '5', ...total(20, 200) }]);
    const next = await open(`${path}-killed`);
    expect(next.find('5')).toEqual(total(19, 190));
    await Promise.all([totals.close(), next.close()]);
  });

  test('are not believed after a power cut, which may have kept the samples and not them', async () => {
    const path = newPath();
    const totals = await open(path);
    await totals.keep([{ seriesId: '5', ...total(1, 10) }]);
    for (const bootId of ['another boot', '']) {
      copyFileSync(path, `${path}-cut`);
      const next = await open(`${path}-cut`, { bootId });
      expect(next.find('5')).toBeUndefined();
      await next.close();
    }
    await totals.close();
  });

  test('are those of the latest time, in whichever order requests end', async () => {
    const path = newPath();
    const totals = await open(path);
    await Promise.all([2, 3, 1].map((time) => totals.keep([{ seriesId: '5', ...total(time, time) }])));
    await totals.close();
    const next = await open(path);
    expect(next.find('5')).toEqual(total(3, 3));
    await next.close();
  });

  test('begin anew when there are too many, and stay bounded', async () => {
    const path = newPath();
    const totals = await open(path, { capacity: 100 });
    for (const seriesId of ids(150)) await totals.keep([{ seriesId, ...total(1, 1) }]);
    await totals.close();
    const next = await open(path, { capacity: 100 });
    expect(ids(150).map((id) => next.find(id) !== undefined)).toEqual(ids(150).map((_, i) => i >= 100));
    await next.close();
  });

  test('of a disk that is full are told as a fault, and harm no request', async () => {
    const faults: unknown[] = [];
    const totals = await open('/dev/full', { onWrite: (error) => void (error !== undefined && faults.push(error)) });
    await totals.keep([{ seriesId: '5', ...total(1, 10) }]);
    expect(totals.find('5')).toEqual(total(1, 10));
    expect(faults.map((fault) => (fault as NodeJS.ErrnoException).code)).toContain('ENOSPC');
    await totals.close();
  });

  test('in a file of any other bytes are none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 10_000 }), async (bytes) => {
        const path = newPath();
        writeFileSync(path, bytes);
        const totals = await open(path);
        await totals.keep([{ seriesId: '5', ...total(1, 10) }]);
        await totals.close();
        appendFileSync(path, bytes);
        const next = await open(path);
        expect(next.find('5')).toEqual(total(1, 10));
        await next.close();
      }),
      { numRuns: 20 },
    );
  });
});
