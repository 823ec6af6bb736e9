import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeState, type PressureOptions, watchPressure } from '../../ingest/store-pressure.ts';
import { heartbeatsTable } from '../../store/tables.ts';
import { eventually } from '../support/eventually.ts';
import { hasChdb } from '../support/servers.ts';
import { openTestTelemetry, type TestTelemetry } from '../support/telemetry.ts';
import { openTestWriter } from '../support/writer.ts';

type Pressure = Parameters<NonNullable<PressureOptions['onPressure']>>[0];
const row = {
  ...{ tenant: 'default', agent: 'a', agent_type: '', version: '', status: 'ok', labels: {} },
  ...{ time: 0, received_at: 0, interval_seconds: 60, raw_until: 30_000, rollup_until: 30_000 },
};

// ClickHouse delays inserts into a partition with 1000 parts by default, and refuses them with 3000.
test.each([
  ['at ease', { parts: 10 }, undefined, false],
  ['with many parts', { parts: 900 }, undefined, true],
  ['with some parts while all its threads merge', { parts: 500, merges: 16 }, undefined, true],
  ['with some parts and threads at rest', { parts: 500, merges: 2 }, undefined, false],
  ['with too many parts', { parts: 2600 }, 'ClickHouse has too many parts to merge', true],
  ['with a disk that is nearly full', { freeBytes: 99 }, 'the disk of ClickHouse is nearly full', false],
])('a store %s gets what it calls for', (_title, state, closedFor, isSlow) => {
  const full = { parts: 1, merges: 0, freeBytes: 1000, ...state };
  expect(judgeState(full, 100)).toEqual({ closedFor, isSlow });
});

describe.skipIf(!hasChdb())('the watch over the state of the store', () => {
  let opened: TestTelemetry;
  beforeAll(async () => {
    opened = await openTestTelemetry();
  });
  afterAll(() => opened?.close());

  test('sees parts and free space, and has nothing to say of a store at ease', async () => {
    const { writer, close } = await openTestWriter(opened.store);
    const seen: Pressure[] = [];
    const onPressure = (pressure: Pressure) => void seen.push(pressure);
    const stop = watchPressure({ store: opened.store, writer, minFreeDiskBytes: 0, everyMs: 5, onPressure });
    await eventually(() => seen.length > 0);
    stop();
    expect(seen[0]).toMatchObject({ reason: '' });
    expect(seen[0]!.freeBytes).toBeGreaterThan(0);
    expect(writer.backlog().refusing).toBeUndefined();
    await close();
  });

  test('refuses records while the disk of ClickHouse is nearly full, says why, and takes them again afterwards', async () => {
    const { writer, close } = await openTestWriter(opened.store);
    const watch = (minFreeDiskBytes: number) =>
      watchPressure({ store: opened.store, writer, minFreeDiskBytes, everyMs: 5 });
    const stop = watch(Number.MAX_SAFE_INTEGER);
    await eventually(() => writer.backlog().refusing !== undefined);
    const refused = writer.write(heartbeatsTable, [row]);
    await expect(refused).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the disk of ClickHouse is nearly full',
      retryAfterSeconds: 30,
    });
    stop();
    const stopAgain = watch(0);
    await eventually(() => writer.backlog().refusing === undefined);
    stopAgain();
    expect(await writer.write(heartbeatsTable, [row])).toMatchObject({ rows: 1 });
    await close();
  });
});
