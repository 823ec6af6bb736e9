import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createWriter, type Writer, type WriterOptions } from '../../ingest/writer.ts';
import { type HeartbeatRow, heartbeatsTable, type SampleRow, samplesTable } from '../../store/tables.ts';
import type { TelemetryStore } from '../../store/telemetry.ts';
import { type ClickHouseHttp, startClickHouseHttp } from '../support/clickhouse-http.ts';
import { eventually } from '../support/eventually.ts';
import { hasChdb } from '../support/servers.ts';
import { type Counts, countHeartbeats } from '../support/stored-rows.ts';
import { openTestTelemetry, type TestTelemetry } from '../support/telemetry.ts';

type Flush = Parameters<NonNullable<WriterOptions['onFlush']>>[0];

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
const sample = (value: number): SampleRow => ({
  tenant: 'default',
  series_id: '1',
  time: time + value,
  value,
  aggregation: 'avg',
  ...until,
});

/** A writer that remembers its inserts. */
function writerOn(store: TelemetryStore, options: Partial<WriterOptions> = {}): { writer: Writer; flushes: Flush[] } {
  const flushes: Flush[] = [];
  const defaults = {
    flushAgeMs: 5,
    maxBatchRows: 1000,
    maxQueuedRows: 10_000,
    onFlush: (flush: Flush) => void flushes.push(flush),
  };
  return { writer: createWriter({ store, ...defaults, ...options }), flushes };
}

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
const storedOnce = (counts: Counts, agents: readonly string[]) => agents.filter((agent) => counts.get(agent) !== 1);

describe.skipIf(!hasChdb())('the writer over the embedded store', () => {
  let opened: TestTelemetry;
  let store: TelemetryStore;

  beforeAll(async () => {
    opened = await openTestTelemetry();
    store = opened.store;
  });
  afterAll(() => opened?.close());

  test('groups concurrent writes into few inserts, and stores each row once', async () => {
    const { writer, flushes } = writerOn(store);
    const agents = names('grouped', 500);
    await Promise.all(agents.map((agent) => writer.write(heartbeatsTable, [heartbeat(agent)])));
    expect(storedOnce(await countHeartbeats(store), agents)).toEqual([]);
    expect(flushes.reduce((sum, { rows }) => sum + rows, 0)).toBe(500);
    expect(flushes.length).toBeLessThanOrEqual(5);
    expect(writer.queuedRows()).toBe(0);
  });

  test('answers a write only when its rows can be read', async () => {
    const { writer } = writerOn(store);
    const unread = await Promise.all(
      names('readable', 20).map(async (agent, i) => {
        await sleep(i);
        await writer.write(heartbeatsTable, [heartbeat(agent)]);
        return storedOnce(await countHeartbeats(store), [agent]);
      }),
    );
    expect(unread.flat()).toEqual([]);
  });

  test('sends a batch at once when it is full, and never cuts a write in two', async () => {
    const { writer, flushes } = writerOn(store, { maxBatchRows: 10, flushAgeMs: 10_000 });
    const agents = names('full', 28);
    const writes = [7, 7, 7, 7].map((size, i) =>
      writer.write(heartbeatsTable, agents.slice(i * 7, i * 7 + size).map(heartbeat)),
    );
    await Promise.race([Promise.all(writes.slice(0, 3)), sleep(5000)]);
    expect(flushes.map(({ rows }) => rows)).toEqual(expect.arrayContaining([7, 7]));
    expect(flushes.every(({ rows }) => rows % 7 === 0 && rows <= 14)).toBe(true);
    await writer.close();
    await Promise.all(writes);
    expect(storedOnce(await countHeartbeats(store), agents)).toEqual([]);
  });

  test('keeps the tables apart', async () => {
    const { writer, flushes } = writerOn(store);
    await Promise.all([
      writer.write(heartbeatsTable, [heartbeat('apart')]),
      writer.write(samplesTable, [sample(1), sample(2)]),
    ]);
    expect(flushes.map(({ table, rows }) => [table, rows]).sort()).toEqual([
      ['heartbeats', 1],
      ['samples', 2],
    ]);
  });

  test('refuses writes above its bound, takes them again afterwards, and takes one that is larger than the bound when idle', async () => {
    const { writer } = writerOn(store, { maxQueuedRows: 10, flushAgeMs: 50 });
    const first = writer.write(heartbeatsTable, names('bound', 6).map(heartbeat));
    await expect(writer.write(heartbeatsTable, names('refused', 5).map(heartbeat))).rejects.toMatchObject({
      code: 'too_many_requests',
      retryAfterSeconds: 1,
    });
    const fitting = writer.write(heartbeatsTable, names('fitting', 4).map(heartbeat));
    await Promise.all([first, fitting]);
    expect(writer.queuedRows()).toBe(0);
    await writer.write(heartbeatsTable, names('large', 25).map(heartbeat));
    const counts = await countHeartbeats(store);
    expect(storedOnce(counts, [...names('bound', 6), ...names('fitting', 4), ...names('large', 25)])).toEqual([]);
    expect(names('refused', 5).filter((agent) => counts.has(agent))).toEqual([]);
  });

  test('has nothing to do for no rows', async () => {
    const { writer, flushes } = writerOn(store);
    await writer.write(heartbeatsTable, []);
    expect(flushes).toEqual([]);
  });

  test('stores what waits when it is closed, in full batches too, and refuses later writes', async () => {
    const { writer } = writerOn(store, { flushAgeMs: 10_000, maxBatchRows: 3 });
    const agents = names('waiting', 20);
    const writes = agents.map((agent) => writer.write(heartbeatsTable, [heartbeat(agent)]));
    await writer.close();
    expect(storedOnce(await countHeartbeats(store), agents)).toEqual([]);
    await Promise.all(writes);
    await expect(writer.write(heartbeatsTable, [heartbeat('late')])).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterSeconds: 5,
    });
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

  test.each(['refuse', 'error', 'half', 'hang'] as const)(
    'rejects every writer of an insert that fails by "%s", asks them to come again, and serves them then',
    async (fault) => {
      const { writer, flushes } = writerOn(store);
      await front.setFault(fault);
      const agents = names(fault, 5);
      const outcomes = await Promise.allSettled(
        agents.map((agent) => writer.write(heartbeatsTable, [heartbeat(agent)])),
      );
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable', retryAfterSeconds: 5 } });
      }
      expect(flushes.map(({ rows, error }) => [rows, error instanceof Error])).toEqual([[5, true]]);
      expect(writer.queuedRows()).toBe(0);
      await front.setFault('none');
      await writer.write(heartbeatsTable, [heartbeat(`after-${fault}`)]);
      const counts = await countHeartbeats(store);
      expect(counts.get(`after-${fault}`)).toBe(1);
      const stored = agents.filter((agent) => counts.has(agent));
      expect(stored, 'only "half" does what it was asked before it fails').toEqual(fault === 'half' ? agents : []);
    },
    20_000,
  );

  test('keeps its bound while the server hangs, and is empty again afterwards', async () => {
    const { writer } = writerOn(store, { maxQueuedRows: 10 });
    await front.setFault('hang');
    const waiting = Array.from({ length: 10 }, (_, i) => writer.write(heartbeatsTable, [heartbeat(`hung-${i}`)]));
    const settled = Promise.allSettled(waiting);
    await expect(writer.write(heartbeatsTable, [heartbeat('one more')])).rejects.toMatchObject({
      code: 'too_many_requests',
    });
    await settled;
    expect(writer.queuedRows()).toBe(0);
  }, 20_000);

  test('is closed when the last insert has failed too', async () => {
    const { writer } = writerOn(store, { flushAgeMs: 10_000 });
    await front.setFault('error');
    const outcome = Promise.allSettled([writer.write(heartbeatsTable, [heartbeat('lost')])]);
    await writer.close();
    expect((await outcome)[0]).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
    await eventually(() => writer.queuedRows() === 0);
  });
});
