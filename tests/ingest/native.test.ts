import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNativeIngest, type NativeIngest, type Outcome, type Sender } from '../../ingest/native.ts';
import { createQuarantine } from '../../ingest/quarantine.ts';
import { BrokenRecord, recordList } from '../../ingest/record-list.ts';
import { createSeriesAdmission } from '../../ingest/series-admission.ts';
import { rawPoints } from '../../store/queries/points.ts';
import { listSeries } from '../../store/queries/series.ts';
import type { TelemetryStore } from '../../store/telemetry.ts';
import { hasChdb } from '../support/servers.ts';
import { countEvents, countHeartbeats } from '../support/stored-rows.ts';
import { openTestTelemetry, type TestTelemetry } from '../support/telemetry.ts';
import { openTestWriter, type TestWriter } from '../support/writer.ts';

const dayMs = 86_400_000;
/** ClickHouse drops what is past its retention by its own clock, so the tests live in the present. */
const now = new Date(Math.floor(Date.now() / 60_000) * 60_000);
const iso = (ms: number) => new Date(ms).toISOString();
const budget = {
  ...{ maxSeries: 10_000, maxSeriesPerAgent: 3, maxNewSeriesPerMinute: 10_000, maxAgents: 10_000 },
  ...{ maxLabels: 32, maxLabelNameLength: 100, maxLabelValueLength: 500 },
};
const sender: Sender = { tenant: 'default', rawRetentionDays: 90, rollupRetentionDays: 400, backfill: false };

describe.skipIf(!hasChdb())('native ingest over a real store', () => {
  let opened: TestTelemetry;
  let store: TelemetryStore;
  let written: TestWriter;
  let ingest: Record<keyof NativeIngest, (values: unknown[], sender: Sender) => Promise<Outcome>>;

  beforeAll(async () => {
    opened = await openTestTelemetry();
    store = opened.store;
    written = await openTestWriter(store);
    const { writer } = written;
    const native = createNativeIngest({
      writer,
      admission: createSeriesAdmission({ budget, activeHours: 24 }),
      quarantine: createQuarantine({ writer, now: () => now, keepDays: 30 }),
      now: () => now,
      maxPastDays: 400,
      maxFutureSeconds: 600,
      clampFutureSeconds: 0,
    });
    ingest = {
      heartbeats: (values, from) => stored(native.heartbeats(recordList(values), from)),
      events: (values, from) => stored(native.events(recordList(values), from)),
      samples: (values, from) => stored(native.samples(recordList(values), from)),
    };
    /** The tests read what they have sent. */
    async function stored(sent: Promise<Outcome>): Promise<Outcome> {
      const outcome = await sent;
      await writer.caughtUp(10_000);
      return outcome;
    }
  });
  afterAll(async () => {
    await written?.close();
    await opened?.close();
  });

  test('samples of series beyond the budget are stored in the overflow series of their metric, none is lost', async () => {
    const values = Array.from({ length: 10 }, (_, i) => ({
      metric: 'run_wild',
      agent: 'wild',
      labels: { request: `r${i}` },
      value: i,
      time: now.getTime() - i,
    }));
    expect(await ingest.samples(values, sender)).toMatchObject({ accepted: 10, refused: 0 });
    expect(await ingest.samples(values.slice(0, 4), sender)).toMatchObject({ accepted: 4 });
    const series = await seriesOf('run_wild');
    expect(series.map(({ labels }) => labels)).toEqual(
      expect.arrayContaining([{ overflow: 'true' }, { agent: 'wild', request: 'r0' }]),
    );
    expect(series).toHaveLength(4);
    const { id } = series.find(({ labels }) => labels.overflow === 'true')!;
    const points = await store.query(rawPoints, {
      tenant: 'default',
      id,
      from: now.getTime() - 100,
      to: now.getTime(),
    });
    expect(points.flatMap(({ values }) => values)).toEqual([9, 8, 7, 6, 5, 4, 3]);
  });

  async function seriesOf(metric: string) {
    return store.query(listSeries, {
      tenant: 'default',
      metric,
      labelNames: [],
      labelValues: [],
      afterMetric: '',
      afterId: '0',
      limit: 1000,
    });
  }
  /** The raw values of the one series of a metric, by time. */
  async function pointsOf(metric: string): Promise<[number, number][]> {
    const [series] = await seriesOf(metric);
    const params = { tenant: 'default', id: series!.id, from: 0, to: now.getTime() + dayMs };
    const [points] = await store.query(rawPoints, params);
    return points!.times.map((time, i) => [time, points!.values[i]!]);
  }
  const refusals = ({ errors }: Outcome) => errors.map(({ pointer, detail }) => [pointer, detail]);
  const refusedAt = ({ errors }: Outcome) => errors.map(({ pointer }) => pointer);

  describe('records', () => {
    test('become rows with their defaults: the time of receipt, the agent as a label', async () => {
      const outcome = await ingest.samples(
        [{ metric: 'defaults', value: 1.5, agent: 'a', labels: { zone: 'z' } }],
        sender,
      );
      expect(outcome).toEqual({ accepted: 1, clamped: 0, refused: 0, errors: [] });
      expect(await pointsOf('defaults')).toEqual([[now.getTime(), 1.5]]);
      expect((await seriesOf('defaults'))[0]).toMatchObject({
        labels: { agent: 'a', zone: 'z' },
        aggregation: 'avg',
        unit: '',
      });
    });

    test('keep their values to the last bit', async () => {
      const values = [0, 0.1, Number.MAX_VALUE, Number.MIN_VALUE, -1e-300, 2 ** 53, 123456789.12345679];
      const records = values.map((value, i) => ({ metric: 'exact', value, time: now.getTime() - i }));
      expect((await ingest.samples(records, sender)).accepted).toBe(values.length);
      expect((await pointsOf('exact')).map(([, value]) => value).reverse()).toEqual(values);
    });

    test('that are good are stored and counted though others of the same request are refused', async () => {
      const outcome = await ingest.samples(
        [
          { metric: 'mixed', value: 1 },
          { metric: 'mixed', value: 'x' },
          null,
          { metric: 'mixed', value: 2, time: now.getTime() - 1 },
        ],
        sender,
      );
      expect(outcome).toMatchObject({ accepted: 2, refused: 2 });
      expect(refusedAt(outcome)).toEqual(['/1/value', '/2']);
      expect((await pointsOf('mixed')).map(([, value]) => value)).toEqual([2, 1]);
    });

    test('of any kind are stored once per event id, and get one that is a function of the event when they bring none', async () => {
      const event = { task: 't', kind: 'k', state: 'succeeded', time: now.getTime(), durationSeconds: 2 };
      await ingest.events([{ ...event, eventId: 'mine' }, event, { ...event, attempt: 2 }], sender);
      await ingest.events([event], sender);
      const ids = [...(await countEvents(store)).keys()];
      expect(ids).toHaveLength(3);
      expect(ids).toContain('mine');
    });

    test('keep prototype names and awkward characters as label names and values', async () => {
      const labels = {
        constructor: 'Object',
        toString: 'it\'s \\ a "tab"',
        hasOwnProperty: '{=,}',
        valueOf: 'ü 🚀 \u2028',
      };
      const outcome = await ingest.samples([{ metric: 'awkward', value: 1, labels }], sender);
      expect(outcome.refused).toBe(0);
      expect((await seriesOf('awkward'))[0]!.labels).toEqual(labels);
    });

    test('are in the order of labels the same series, in their values another', async () => {
      await ingest.samples(
        [
          { metric: 'order', value: 1, labels: { a: '1', b: '2' } },
          { metric: 'order', value: 2, labels: { b: '2', a: '1' } },
          { metric: 'order', value: 3, labels: { a: '12', b: '' } },
        ],
        sender,
      );
      expect(await seriesOf('order')).toHaveLength(2);
    });
  });

  describe('a bad record', () => {
    const heartbeat = (more: object) => ({ agent: 'a', ...more });
    const label = 'a label name is a letter or _, then letters, digits and _';
    const timeFormat = expect.stringContaining('Unix milliseconds');

    test.each<[string, unknown, string, unknown]>([
      ['that is not an object', 5, '', expect.stringContaining('expected object')],
      ['that is null', null, '', expect.stringContaining('received null')],
      ['that is an array', [], '', expect.stringContaining('received array')],
      ['that lacks a field', {}, '/agent', expect.stringContaining('expected string')],
      ['with an empty name', { agent: '' }, '/agent', 'must not be empty'],
      ['with a long name', { agent: 'x'.repeat(201) }, '/agent', expect.stringContaining('200')],
      ['with a control character', { agent: 'a\u0000' }, '/agent', 'control characters are not allowed'],
      ['with a line break', { agent: 'a\nb' }, '/agent', 'control characters are not allowed'],
      ['with a number for a text', { agent: 7 }, '/agent', expect.stringContaining('expected string')],
      [
        'with an unknown field',
        heartbeat({ nmae: 1 }),
        '/nmae',
        expect.stringMatching(/^not a known field; allowed: agent, type,/),
      ],
      [
        'with __proto__ as a field',
        JSON.parse('{"agent":"a","__proto__":{"x":1}}'),
        '/__proto__',
        expect.stringContaining('not a known field'),
      ],
      [
        'with an unknown field that needs escapes',
        heartbeat({ 'a/b~c': 1 }),
        '/a~1b~0c',
        expect.stringContaining('not a known field'),
      ],
      [
        'with an unknown status',
        heartbeat({ status: 'happy' }),
        '/status',
        expect.stringContaining('"ok"|"degraded"|"stopping"'),
      ],
      ['with an interval of 0', heartbeat({ intervalSeconds: 0 }), '/intervalSeconds', expect.stringContaining('>=1')],
      [
        'with an endless interval',
        heartbeat({ intervalSeconds: JSON.parse('1e999') }),
        '/intervalSeconds',
        expect.stringContaining('number'),
      ],
      ['with labels that are a list', heartbeat({ labels: ['a'] }), '/labels', expect.stringContaining('record')],
      ['with labels that are null', heartbeat({ labels: null }), '/labels', expect.stringContaining('null')],
      [
        'with a number as a label',
        heartbeat({ labels: { a: 1 } }),
        '/labels/a',
        expect.stringContaining('expected string'),
      ],
      ['with a bad label name', heartbeat({ labels: { 'a/b~c': 'x' } }), '/labels/a~1b~0c', label],
      ['with an empty label name', heartbeat({ labels: { '': 'x' } }), '/labels/', label],
      [
        'with the label __proto__',
        JSON.parse('{"agent":"a","labels":{"__proto__":"x"}}'),
        '/labels/__proto__',
        'this label name is not allowed',
      ],
      [
        'with a control character in a label',
        heartbeat({ labels: { a: '\u0007' } }),
        '/labels/a',
        'control characters are not allowed',
      ],
      ['with a long label', heartbeat({ labels: { a: 'x'.repeat(501) } }), '/labels/a', expect.stringContaining('500')],
      [
        'with 33 labels',
        heartbeat({ labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, ''])) }),
        '/labels',
        'at most 32 labels',
      ],
      ['with a time without a zone', heartbeat({ time: '2026-03-01T12:00:00' }), '/time', timeFormat],
      ['with a time of fractions', heartbeat({ time: now.getTime() + 0.5 }), '/time', timeFormat],
      ['with an endless time', heartbeat({ time: JSON.parse('-1e999') }), '/time', timeFormat],
      ['with a day that does not exist', heartbeat({ time: '2026-02-30T00:00:00Z' }), '/time', timeFormat],
    ])('%s is refused with a pointer and a reason', async (_title, record, pointer, detail) => {
      const outcome = await ingest.heartbeats([{ agent: 'good' }, record], sender);
      expect(outcome).toMatchObject({ accepted: 1, refused: 1 });
      expect(refusals(outcome)).toEqual([[`/1${pointer}`, detail]]);
    });

    test.each<[string, object, string]>([
      ['a value of 1e999', { metric: 'm', value: JSON.parse('1e999') }, '/value'],
      ['a value of NaN', { metric: 'm', value: Number.NaN }, '/value'],
      ['a value as text', { metric: 'm', value: '1' }, '/value'],
      ['no value', { metric: 'm' }, '/value'],
      ['a metric name with a space', { metric: 'a b', value: 1 }, '/metric'],
      ['a metric name that begins with a digit', { metric: '1a', value: 1 }, '/metric'],
      ['an unknown aggregation', { metric: 'm', value: 1, aggregation: 'median' }, '/aggregation'],
    ])('of a sample is refused for %s', async (_title, record, pointer) => {
      expect(refusedAt(await ingest.samples([record], sender))).toEqual([`/0${pointer}`]);
    });

    test.each<[string, object, string]>([
      ['an unknown state', { state: 'flying' }, '/state'],
      ['a negative duration', { durationSeconds: -1 }, '/durationSeconds'],
      ['progress above 1', { progressRatio: 1.01 }, '/progressRatio'],
      ['attempt 0', { attempt: 0 }, '/attempt'],
      ['half an attempt', { attempt: 1.5 }, '/attempt'],
      ['an error that is too long', { error: 'x'.repeat(4001) }, '/error'],
    ])('of a task event is refused for %s', async (_title, more, pointer) => {
      const event = { task: 't', kind: 'k', state: 'queued', ...more };
      expect(refusedAt(await ingest.events([event], sender))).toEqual([`/0${pointer}`]);
    });

    test('is told every field that is wrong, not only the first', async () => {
      const outcome = await ingest.events([{ task: '', kind: 'k', state: 'x', oops: 1 }], sender);
      expect(refusedAt(outcome).sort()).toEqual(['/0/oops', '/0/state', '/0/task']);
    });

    test('that could not be read is refused alone, with the reason', async () => {
      const outcome = await ingest.heartbeats([new BrokenRecord('Unexpected end'), { agent: 'b' }], sender);
      expect(outcome).toMatchObject({ accepted: 1, refused: 1 });
      expect(refusals(outcome)).toEqual([['/0', 'Unexpected end']]);
    });

    test('of which there are many gives the first hundred reasons and the true count', async () => {
      const outcome = await ingest.heartbeats(Array(5000).fill({ agent: 'a', x: 1, y: 2 }), sender);
      expect(outcome).toMatchObject({ accepted: 0, refused: 5000 });
      expect(outcome.errors).toHaveLength(100);
    });

    test.each([
      ['unknown fields', (keys: object) => ({ agent: 'a', ...keys })],
      ['bad labels', (keys: object) => ({ agent: 'a', labels: keys })],
    ])('with hundreds of thousands of %s gives a hundred reasons too', async (_title, recordOf) => {
      const keys = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`-${i}`, 0]));
      const outcome = await ingest.heartbeats([recordOf(keys)], sender);
      expect(outcome.refused).toBe(1);
      expect(outcome.errors).toHaveLength(100);
    });
  });

  describe('times', () => {
    const pastBound = now.getTime() - 400 * dayMs;
    const futureBound = now.getTime() + 600_000;
    const send = (time: unknown, backfill = false) =>
      ingest.samples([{ metric: 'timed', value: 1, time }], { ...sender, backfill });

    test.each([
      ['the bound of the past', pastBound],
      ['the bound of the future', futureBound],
      ['a time with another zone', iso(now.getTime() + 3_600_000).replace('Z', '+01:00')],
      ['a time with microseconds', iso(now.getTime()).replace('Z', '456Z')],
    ])('that are %s are taken', async (_title, time) => {
      expect(await send(time)).toMatchObject({ accepted: 1, refused: 0 });
    });

    test('before the bound are refused, with the bounds and the way to send history', async () => {
      const { errors } = await send(pastBound - 1);
      expect(errors).toEqual([
        {
          pointer: '/0/time',
          detail: `${iso(pastBound - 1)} is out of bounds; allowed: ${iso(pastBound)} to ${iso(futureBound)}, or any time since 1980 with ?backfill=true`,
        },
      ]);
    });

    test('after the bound are refused, with backfill too', async () => {
      for (const backfill of [false, true]) {
        const outcome = await send(futureBound + 1, backfill);
        expect(outcome).toMatchObject({ accepted: 0, refused: 1 });
        const detail = expect.stringMatching(new RegExp(`out of bounds; allowed: .* to ${iso(futureBound)}$`));
        expect(refusals(outcome)).toEqual([['/0/time', detail]]);
      }
    });

    test('of history are taken with backfill down to 1980: below, a number is seconds and not milliseconds', async () => {
      const history = Date.UTC(2010, 5, 1);
      expect(await send(history, true)).toMatchObject({ accepted: 1 });
      expect(await pointsOf('timed')).toContainEqual([history, 1]);
      expect(await send(Math.floor(now.getTime() / 1000), true)).toMatchObject({ accepted: 0, refused: 1 });
      expect(await send(-8.64e15, true)).toMatchObject({ accepted: 0, refused: 1 });
      expect(await send('0000-01-01T00:00:00Z', true)).toMatchObject({ accepted: 0, refused: 1 });
    });
  });

  test('any JSON at all is stored or refused with pointers, and every record is counted', async () => {
    const fields = fc.constantFrom('agent', 'type', 'time', 'status', 'labels', 'intervalSeconds', '__proto__', 'a/b');
    const record = fc.oneof(fc.jsonValue(), fc.dictionary(fields, fc.jsonValue(), { maxKeys: 6 }));
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 5 }), async (records) => {
        const { accepted, refused, errors } = await ingest.heartbeats(
          JSON.parse(JSON.stringify(records)) as unknown[],
          sender,
        );
        expect(accepted + refused).toBe(records.length);
        expect(errors.length === 0).toBe(refused === 0);
        for (const { pointer, detail } of errors) {
          expect(pointer).toMatch(/^\/\d+(\/([^~/]|~[01])*)*$/);
          expect(Number(pointer.split('/')[1])).toBeLessThan(records.length);
          expect(detail).not.toBe('');
        }
      }),
      { numRuns: 100 },
    );
  });

  test('any good heartbeat is read back as it was sent', async () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((value) => !/\p{Cc}|\p{Cs}/u.test(value));
    const agents = fc.uniqueArray(
      text.map((value) => `back-${value}`),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(agents, async (names) => {
        const outcome = await ingest.heartbeats(
          names.map((agent) => ({ agent })),
          sender,
        );
        expect(outcome).toEqual({ accepted: names.length, clamped: 0, refused: 0, errors: [] });
        const counts = await countHeartbeats(store);
        expect(names.filter((name) => !counts.has(name))).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });
});
