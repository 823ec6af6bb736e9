import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createScoreBlock } from '../../analytics/score-block.ts';
import { createVerdictColumns, setVerdict } from '../../models/detectors/verdict-columns.ts';
import { scoresTable } from '../../store/tables.ts';
import { farDay, minuteMs, mondayMs, readRows } from '../store/rows.ts';
import { newTenant, startTelemetry, type TestTelemetry } from '../store/targets.ts';
import { hasChdb } from '../support/servers.ts';

describe.skipIf(!hasChdb())('a block of scores', () => {
  let server: TestTelemetry;
  beforeAll(async () => {
    server = await startTelemetry();
  });
  afterAll(() => server?.stop());

  test('is stored as the rows that it stands for, whichever way they are written', async () => {
    const { store } = server;
    const [binary, text] = [`${newTenant()}-b/é`, `${newTenant()}-t/é`];
    const values = [-0, 1 / 3, -5e300, 2 ** 53, 7];
    const times = Float64Array.from(values.keys(), (i) => mondayMs + i * minuteMs);
    const verdicts = createVerdictColumns(values.length);
    for (const [i, value] of values.entries())
      setVerdict(verdicts, i, {
        ...{ score: i / 7, expected: value / 2, lower: -value, upper: value * 3, maturity: i / 4, reason: '' },
      });
    const block = createScoreBlock(binary, farDay);
    for (const id of ['18446744073709551615', '7']) {
      const series = { id, stepMs: minuteMs, times, values: Float64Array.from(values) };
      // The first bucket has ended before the window.
      expect(block.add(series, verdicts, mondayMs + minuteMs)).toBe(4);
    }
    await store.insertBlock(block.take());
    expect(block.rows()).toBe(0);
    const rows = ['18446744073709551615', '7'].flatMap((series_id) =>
      values.map((value, i) => ({
        ...{ tenant: text, series_id, time: times[i]!, detector: 'composite', value, score: i / 7, until: farDay },
        ...{ expected: value / 2, lower: -value, upper: value * 3, maturity: i / 4 },
      })),
    );
    await store.insert(
      scoresTable,
      rows.filter(({ time }) => time > mondayMs),
    );
    const stored = async (tenant: string) =>
      (await readRows(store, scoresTable, tenant))
        .map(({ tenant: _, ...row }) => row)
        .sort((a, b) => a.time - b.time || (a.series_id < b.series_id ? -1 : 1));
    expect(await stored(binary)).toHaveLength(8);
    expect(await stored(binary)).toEqual(await stored(text));
  });
});
