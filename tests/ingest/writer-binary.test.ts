import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { encodeSamples } from '../../ingest/encode-samples.ts';
import type { Sender } from '../../ingest/native.ts';
import { quarantineRows } from '../../ingest/quarantine.ts';
import { replayRecords } from '../../ingest/replay.ts';
import { Series } from '../../ingest/series-book.ts';
import type { Writer, WriterOptions } from '../../ingest/writer.ts';
import { rawPoints } from '../../store/queries/points.ts';
import { listQuarantine } from '../../store/queries/quarantine.ts';
import { defineQuery } from '../../store/query.ts';
import type { TelemetryStore } from '../../store/telemetry.ts';
import { eventually } from '../support/eventually.ts';
import { hasChdb } from '../support/servers.ts';
import { openTestTelemetry, type TestTelemetry } from '../support/telemetry.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { goneAfterInsert, openTestWriter } from '../support/writer.ts';

const now = Date.now();
const sender: Sender = { tenant: 'binary', rawRetentionDays: 90, rollupRetentionDays: 400, backfill: false };
const rollup = defineQuery({
  name: 'test_rollup',
  sql: 'SELECT sum(r.count) AS count, sum(r.sum) AS sum FROM rollup_minute AS r WHERE series_id = {id:UInt64}',
  params: z.object({ id: z.string() }),
  row: z.object({ count: z.coerce.number(), sum: z.number() }),
});

/** Writes values of a series, a millisecond apart, as the protocols do. */
async function writeValues(writer: Writer, series: Series, values: readonly number[]) {
  const times = values.map((value) => now - 60_000 + value);
  const block = await encodeSamples({ series: values.map(() => series), times, values }, sender, now, writer.hash);
  return writer.writeEncoded({ tenant: sender.tenant, ...block });
}

const seriesOf = (metric: string) => new Series(sender.tenant, { metric, labels: {} }, 'delta', '');

describe.skipIf(!hasChdb())('binary rows on their way through the spool', () => {
  let opened: TestTelemetry;
  let store: TelemetryStore;

  beforeAll(async () => {
    opened = await openTestTelemetry();
    store = opened.store;
  });
  afterAll(() => opened?.close());

  const stored = async (series: Series) => (await store.query(rollup, { id: series.row.series_id }))[0];

  test('are left out one by one where they were taken before', async () => {
    const series = seriesOf('again');
    const { writer, close } = await openTestWriter(store);
    expect(await writeValues(writer, series, [1, 2, 3])).toEqual({ rows: 3, duplicates: 0 });
    expect(await writeValues(writer, series, [4, 2, 5, 3, 6])).toEqual({ rows: 3, duplicates: 2 });
    await writer.caughtUp(10_000);
    await close();
    expect(await stored(series)).toEqual({ count: 6, sum: 21 });
  });

  test('count as the last one of a time says, though they come together', async () => {
    const all = Array.from({ length: 50 }, (_, i) => seriesOf(`corrected-${i}`));
    const values = Array.from({ length: 400 }, (_, i) => (i * 37) % 101);
    const { writer, close } = await openTestWriter(store);
    const block = await encodeSamples(
      {
        series: values.flatMap(() => all),
        times: values.flatMap(() => all.map(() => now)),
        values: values.flatMap((value) => all.map((_, i) => value + i)),
      },
      sender,
      now,
      writer.hash,
    );
    await writer.writeEncoded({ tenant: sender.tenant, ...block });
    await writer.caughtUp(10_000);
    await close();
    const last = [];
    for (const { row } of all) {
      const query = { tenant: sender.tenant, id: row.series_id, from: now - 1000, to: now + 1000 };
      last.push((await store.query(rawPoints, query))[0]!.values);
    }
    // Values come round again after 101: of the 400, the last that is new is the hundred and first.
    expect(last).toEqual(all.map((_, i) => [values[100]! + i]));
  });

  test('are stored once, in the rollups too, though the process ended after the insert and before it could say so', async () => {
    using directory = temporaryDirectory();
    const series = seriesOf('cut');
    const cut = goneAfterInsert(store);
    const first = await openTestWriter(cut, { folder: directory.path });
    await writeValues(first.writer, series, [5, 6]);
    await eventually(() => cut.isGone());
    await first.close();
    const second = await openTestWriter(store, { folder: directory.path });
    expect(await second.writer.caughtUp(10_000)).toBe(true);
    await second.close();
    expect(await stored(series)).toEqual({ count: 2, sum: 11 });
  });

  test('that ClickHouse refuses are found among the others, kept in quarantine, and stored when they are sent again', async () => {
    const series = seriesOf('refused');
    const keeping = { now: () => new Date(), keepDays: 30 };
    const quarantine: WriterOptions['quarantine'] = (writer, rows) => quarantineRows(writer, rows, keeping);
    const { writer, close } = await openTestWriter(store, { quarantine });
    await store.command('ALTER TABLE samples ADD CONSTRAINT no_thirteen CHECK value != 13');
    await writeValues(
      writer,
      series,
      Array.from({ length: 20 }, (_, i) => i),
    );
    expect(await writer.caughtUp(20_000)).toBe(true);
    // The rows that were refused are written by the drain itself: they wait for a drain of their own.
    expect(await writer.caughtUp(20_000)).toBe(true);
    expect(await stored(series)).toEqual({ count: 19, sum: 190 - 13 });
    await store.command('ALTER TABLE samples DROP CONSTRAINT no_thirteen');
    const range = { tenant: sender.tenant, from: 0, to: Date.now() + 1000, limit: 10 };
    const waiting = await store.query(listQuarantine, range);
    expect(waiting).toMatchObject([{ source: 'store', kind: 'samples', reason: 'store' }]);
    expect(waiting[0]!.detail).toContain('no_thirteen');
    const unused = () => Promise.reject(new Error('a row is no record of a protocol'));
    const ingest = { heartbeats: unused, events: unused, samples: unused };
    expect(await replayRecords({ ingest, writer, ...keeping }, waiting, sender)).toEqual({ replayed: 1, refused: [] });
    await writer.caughtUp(10_000);
    await close();
    expect(await stored(series)).toEqual({ count: 20, sum: 190 });
  });
});
