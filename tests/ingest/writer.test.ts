import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { quarantineRows } from '../../ingest/quarantine.ts';
import type { Writer, WriterOptions } from '../../ingest/writer.ts';
import { defineQuery } from '../../store/query.ts';
import { type HeartbeatRow, heartbeatsTable, type SampleRow, samplesTable } from '../../store/tables.ts';
import type { TelemetryStore } from '../../store/telemetry.ts';
import { type ClickHouseHttp, startClickHouseHttp } from '../support/clickhouse-http.ts';
import { eventually } from '../support/eventually.ts';
import { hasChdb } from '../support/servers.ts';
import { type Counts, countHeartbeats } from '../support/stored-rows.ts';
import { openTestTelemetry, type TestTelemetry } from '../support/telemetry.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { goneAfterInsert, openTestWriter } from '../support/writer.ts';

type Drained = Parameters<NonNullable<WriterOptions['onDrain']>>[0];

const time = Date.UTC(2026, 0, 31, 12);
const until = { raw_until: 30_000, rollup_until: 30_000 };

const heartbeat = (agent: string): HeartbeatRow => ({
  tenant: 'default',
  agent,
  agent_type: '',
  version: '',
  status: 'ok',
  time,
  received_at: time,
  interval_seconds: 60,
  labels: {},
  ...until,
});
const sample = (series_id: string, value: number, aggregation = 'sum'): SampleRow => ({
  tenant: 'default',
  series_id,
  time: time + value,
  value,
  aggregation,
  ...until,
});
const rollup = defineQuery({
  name: 'test_rollup',
  sql: 'SELECT sum(r.count) AS count, sum(r.sum) AS sum FROM rollup_minute AS r WHERE series_id = {id:UInt64}',
  params: z.object({ id: z.string() }),
  row: z.object({ count: z.coerce.number(), sum: z.number() }),
});

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
const storedOnce = (counts: Counts, agents: readonly string[]) => agents.filter((agent) => counts.get(agent) !== 1);
const segmentsIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.seg'));

describe.skipIf(!hasChdb())('the writer over the embedded store', () => {
  let opened: TestTelemetry;
  let store: TelemetryStore;

  beforeAll(async () => {
    opened = await openTestTelemetry();
    store = opened.store;
  });
  afterAll(() => opened?.close());

  /** A writer that remembers its inserts and is closed with the test. */
  async function writerOn(options: Parameters<typeof openTestWriter>[1] = {}) {
    const drained: Drained[] = [];
    const opened = await openTestWriter(store, { onDrain: (report) => void drained.push(report), ...options });
    return { ...opened, drained, [Symbol.asyncDispose]: opened.close };
  }

  test('groups concurrent writes into few inserts, and stores each row once', async () => {
    await using test = await writerOn();
    const agents = names('grouped', 500);
    await Promise.all(agents.map((agent) => test.writer.write(heartbeatsTable, [heartbeat(agent)])));
    expect(await test.writer.caughtUp(10_000)).toBe(true);
    expect(storedOnce(await countHeartbeats(store), agents)).toEqual([]);
    expect(test.drained.reduce((sum, { rows }) => sum + rows, 0)).toBe(500);
    expect(test.drained.length).toBeLessThanOrEqual(10);
    expect(test.writer.backlog()).toEqual({ rows: 0, bytes: 0, ageSeconds: 0, isFailing: false, refusing: undefined });
    expect(segmentsIn(test.folder)).toEqual([]);
  });

  test('lets a reader who waits see everything that was answered before', async () => {
    await using test = await writerOn({ drainAgeMs: 60_000 });
    const unread = await Promise.all(
      names('readable', 20).map(async (agent, i) => {
        await sleep(i);
        await test.writer.write(heartbeatsTable, [heartbeat(agent)]);
        expect(await test.writer.caughtUp(10_000)).toBe(true);
        return storedOnce(await countHeartbeats(store), [agent]);
      }),
    );
    expect(unread.flat()).toEqual([]);
  });

  test('stores what waits though nobody reads, once it is old enough', async () => {
    await using test = await writerOn({ drainAgeMs: 20 });
    await test.writer.write(heartbeatsTable, [heartbeat('unwatched')]);
    await eventually(async () => storedOnce(await countHeartbeats(store), ['unwatched']).length === 0);
  });

  test('takes the same record once, in the rollups too, and says that it was sent again', async () => {
    await using test = await writerOn();
    const rows = [sample('71', 1), sample('71', 2), sample('71', 2)];
    expect(await test.store(samplesTable, rows)).toEqual({ rows: 2, duplicates: 1 });
    expect(await test.store(samplesTable, [...rows, sample('71', 3)])).toEqual({ rows: 1, duplicates: 3 });
    expect(await store.query(rollup, { id: '71' })).toEqual([{ count: 3, sum: 6 }]);
  });

  test('knows a record again after a restart, stored before it or not', async () => {
    using directory = temporaryDirectory();
    const first = await openTestWriter(store, { folder: directory.path });
    await first.store(samplesTable, [sample('72', 1)]);
    await first.close();
    const away = { insertBlock: () => Promise.reject(new Error('away')), isRefusal: () => false };
    const second = await openTestWriter(away, { folder: directory.path });
    expect(await second.writer.write(samplesTable, [sample('72', 1), sample('72', 2)])).toMatchObject({
      duplicates: 1,
    });
    await second.close();
    const third = await openTestWriter(store, { folder: directory.path });
    expect(await third.store(samplesTable, [sample('72', 1), sample('72', 2)])).toEqual({ rows: 0, duplicates: 2 });
    await third.close();
    expect(await store.query(rollup, { id: '72' })).toEqual([{ count: 2, sum: 3 }]);
  });

  test('stores a segment once though the process ended after the insert and before it could say so', async () => {
    using directory = temporaryDirectory();
    const cut = goneAfterInsert(store);
    const first = await openTestWriter(cut, { folder: directory.path });
    await first.writer.write(samplesTable, [sample('73', 5), sample('73', 6)]);
    await eventually(() => cut.isGone());
    await first.close();
    expect(segmentsIn(directory.path)).toHaveLength(1);
    const second = await openTestWriter(store, { folder: directory.path });
    expect(await second.writer.caughtUp(10_000)).toBe(true);
    await second.close();
    expect(await store.query(rollup, { id: '73' })).toEqual([{ count: 2, sum: 11 }]);
  });

  test('cuts the torn end of a segment at the start and stores what is before it', async () => {
    using directory = temporaryDirectory();
    const away = { insertBlock: () => Promise.reject(new Error('away')), isRefusal: () => false };
    const first = await openTestWriter(away, { folder: directory.path });
    await first.writer.write(heartbeatsTable, [heartbeat('before-the-tear')]);
    await first.close();
    const [segment] = segmentsIn(directory.path);
    appendFileSync(join(directory.path, segment!), Buffer.from([200, 0, 0, 0, 1, 2, 3, 4, 2, 0, 1]));
    const torn: object[] = [];
    const second = await openTestWriter(store, { folder: directory.path, onTorn: (each) => void torn.push(each) });
    await second.writer.caughtUp(10_000);
    await second.close();
    expect(torn).toMatchObject([{ bytes: 11, isLast: true }]);
    expect(storedOnce(await countHeartbeats(store), ['before-the-tear'])).toEqual([]);
  });

  test('finds the row that ClickHouse refuses, keeps it in quarantine, and stores the others', async () => {
    const refused: string[] = [];
    const quarantine: WriterOptions['quarantine'] = (writer, rows) => {
      refused.push(...rows.map(({ row }) => row.toString()));
      return quarantineRows(writer, rows, { now: () => new Date(), keepDays: 30 });
    };
    await using test = await writerOn({ quarantine });
    const rows = Array.from({ length: 50 }, (_, i) => sample('74', i, i === 17 || i === 18 ? 'bogus' : 'sum'));
    await test.writer.write(samplesTable, rows);
    expect(await test.writer.caughtUp(20_000)).toBe(true);
    expect(refused.map((line) => line.split('\t')[4])).toEqual(['bogus', 'bogus']);
    expect(await store.query(rollup, { id: '74' })).toEqual([{ count: 48, sum: (49 * 50) / 2 - 17 - 18 }]);
  });

  test('has nothing to do for no rows', async () => {
    await using test = await writerOn();
    expect(await test.writer.write(heartbeatsTable, [])).toEqual({ rows: 0, duplicates: 0 });
    expect(test.drained).toEqual([]);
  });

  test('stores what waits when it is closed, and refuses later writes', async () => {
    const { writer } = await openTestWriter(store, { drainAgeMs: 60_000 });
    const agents = names('waiting', 20);
    await Promise.all(agents.map((agent) => writer.write(heartbeatsTable, [heartbeat(agent)])));
    await writer.close();
    expect(storedOnce(await countHeartbeats(store), agents)).toEqual([]);
    const late = writer.write(heartbeatsTable, [heartbeat('late')]);
    await expect(late).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 5 });
    await writer.close();
  });
});

describe.skipIf(!hasChdb())('the writer over a server that fails', () => {
  let front: ClickHouseHttp;
  let opened: TestTelemetry;
  let store: TelemetryStore;

  beforeAll(async () => {
    front = await startClickHouseHttp();
    opened = await openTestTelemetry(front.url);
    store = opened.store;
  });
  afterEach(() => front.setFault('none'));
  afterAll(async () => {
    await opened?.close();
    await front?.stop();
  });

  const untilFailing = (writer: Writer) => eventually(() => writer.backlog().isFailing, { timeoutMs: 10_000 });

  test.each(['refuse', 'error', 'half', 'hang'] as const)(
    'takes records while inserts fail by "%s", and stores each once when the server is back',
    async (fault) => {
      const test = await openTestWriter(store);
      await front.setFault(fault);
      const id = String(100 + ['refuse', 'error', 'half', 'hang'].indexOf(fault));
      await test.writer.write(samplesTable, [sample(id, 1), sample(id, 2)]);
      await untilFailing(test.writer);
      expect(await test.writer.caughtUp(10_000), 'a reader is not kept waiting').toBe(false);
      await test.writer.write(samplesTable, [sample(id, 3)]);
      expect(test.writer.backlog().rows).toBe(3);
      await front.setFault('none');
      await eventually(() => test.writer.backlog().rows === 0, { timeoutMs: 20_000 });
      await test.close();
      expect(await store.query(rollup, { id })).toEqual([{ count: 3, sum: 6 }]);
    },
    40_000,
  );

  test('refuses records when the spool is full, and takes them again afterwards', async () => {
    const test = await openTestWriter(store, { spool: { maxBytes: 20_000 } });
    await front.setFault('refuse');
    const taken: string[] = [];
    const fill = async () => {
      for (let i = 0; i < 1000; i++) {
        await test.writer.write(heartbeatsTable, [heartbeat(`full-${i}`)]);
        taken.push(`full-${i}`);
      }
    };
    await expect(fill()).rejects.toMatchObject({ retryAfterSeconds: expect.any(Number) });
    expect(test.writer.backlog().bytes).toBeLessThan(21_000);
    await front.setFault('none');
    await eventually(() => test.writer.backlog().rows === 0, { timeoutMs: 20_000 });
    await test.store(heartbeatsTable, [heartbeat('after-full')]);
    await test.close();
    expect(storedOnce(await countHeartbeats(store), [...taken, 'after-full'])).toEqual([]);
  }, 40_000);
});
