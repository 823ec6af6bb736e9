import { compressSync } from 'snappy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { remoteWriteRequest, type SentSeries, writeRequestV1, writeRequestV2 } from '../support/remote-write.ts';
import { hasChdb } from '../support/servers.ts';
import { message, packed } from '../support/wire-writer.ts';

const now = Math.floor(Date.now() / 60_000) * 60_000;
const at = (second: number) => now - 600_000 + second * 1000;

describe.skipIf(!hasChdb())('remote write', () => {
  let service: TestApp;

  beforeAll(async () => {
    service = await startTestApp();
  });
  afterAll(() => service?.close());

  const send = (body: Buffer, version: 1 | 2 = 1, headers: Record<string, string> = {}) =>
    service.request('/api/v1/write', remoteWriteRequest(body, version, headers));
  const write = (version: 1 | 2, ...series: SentSeries[]) =>
    send(version === 1 ? writeRequestV1(series) : writeRequestV2(series), version);
  const written = (response: Response) =>
    ['samples', 'histograms', 'exemplars'].map((kind) =>
      Number(response.headers.get(`x-prometheus-remote-write-${kind}-written`)),
    );

  interface Listed {
    id: string;
    labels: Record<string, string>;
    aggregation: string;
    unit: string;
  }
  const seriesOf = async (metric: string) =>
    (await service.get<{ items: Listed[] }>(`/v1/series?metric=${metric}`)).items;
  /** The raw values of the only series of a metric, or of the one with a label. */
  async function valuesOf(metric: string, count: number, label?: [string, string]): Promise<number[]> {
    const read = async () => {
      const series = (await seriesOf(metric)).filter(
        (each) => label === undefined || each.labels[label[0]] === label[1],
      );
      if (series.length !== 1) return [];
      const url = `/v1/series/${series[0]!.id}/points?step=raw&from=${at(-86_400)}&to=${now + 600_000}`;
      return (await service.get<{ values: number[] }>(url)).values;
    };
    await eventually(async () => (await read()).length >= count, { what: `${count} values of ${metric}` });
    return read();
  }

  test.each([1, 2] as const)('%i.0 stores samples under their labels, the instance as the agent', async (version) => {
    const metric = `gauge_${version}`;
    const labels = { __name__: metric, instance: 'db-1:9100', job: 'node', zone: 'ü' };
    const response = await write(version, {
      labels,
      samples: [
        [at(0), 1.5],
        [at(15), -2],
      ],
    });
    expect([response.status, await response.text(), written(response)]).toEqual([204, '', [2, 0, 0]]);
    expect(await valuesOf(metric, 2)).toEqual([1.5, -2]);
    expect((await seriesOf(metric))[0]).toMatchObject({
      labels: { agent: 'db-1:9100', instance: 'db-1:9100', job: 'node', zone: 'ü' },
      aggregation: 'avg',
    });
  });

  test('a label `agent` names the agent, and without an instance the job does', async () => {
    await write(1, { labels: { __name__: 'who', agent: 'a', instance: 'i' }, samples: [[at(0), 1]] });
    await write(1, { labels: { __name__: 'whose', job: 'j' }, samples: [[at(0), 1]] });
    await valuesOf('whose', 1);
    expect((await seriesOf('who'))[0]!.labels).toEqual({ agent: 'a', instance: 'i' });
    expect((await seriesOf('whose'))[0]!.labels).toEqual({ agent: 'j', job: 'j' });
  });

  test('the order of labels does not make another series', async () => {
    await write(1, { labels: { __name__: 'order', a: '1', b: '2' }, samples: [[at(0), 1]] });
    await write(1, { labels: { b: '2', a: '1', __name__: 'order' }, samples: [[at(1), 2]] });
    expect(await valuesOf('order', 2)).toEqual([1, 2]);
  });

  test('of counters the increases are stored, over resets and over requests, as sums', async () => {
    const labels = { __name__: 'requests_total' };
    await write(1, { labels, samples: [[at(0), 100]] });
    await write(1, {
      labels,
      samples: [
        [at(15), 110],
        [at(30), 4],
      ],
    });
    await write(1, {
      labels,
      samples: [
        [at(15), 110],
        [at(45), 5],
      ],
    });
    expect(await valuesOf('requests_total', 3)).toEqual([10, 4, 1]);
    expect((await seriesOf('requests_total'))[0]!.aggregation).toBe('sum');
  });

  test('metadata says what is a counter and in which unit, also when it comes later', async () => {
    const labels = { __name__: 'odd_counter' };
    await write(1, { labels, samples: [[at(0), 100]] });
    await send(writeRequestV1([], [['odd_counter', 1, 'bytes']]));
    await write(1, {
      labels,
      samples: [
        [at(15), 110],
        [at(30), 130],
      ],
    });
    expect(await valuesOf('odd_counter', 2)).toEqual([100, 20]);
    await send(
      writeRequestV1(
        [],
        [
          ['told_before', 1, 'bytes'],
          ['gauge_total', 2, ''],
        ],
      ),
    );
    await write(1, {
      labels: { __name__: 'told_before' },
      samples: [
        [at(0), 7],
        [at(1), 8],
      ],
    });
    expect(await valuesOf('told_before', 1)).toEqual([1]);
    expect((await seriesOf('told_before'))[0]).toMatchObject({ aggregation: 'sum', unit: 'By' });
    await write(1, { labels: { __name__: 'gauge_total' }, samples: [[at(0), 7]] });
    expect(await valuesOf('gauge_total', 1)).toEqual([7]);
  });

  test('2.0 tells type, unit and start with each series; a counter that began lately counts from its first total', async () => {
    const labels = { __name__: 'bytes_sent' };
    const start = Date.now() + 1000;
    const samples = [
      [start + 1000, 30],
      [start + 2000, 50],
    ] as const;
    await write(2, { labels, samples, type: 1, unit: 'bytes', start });
    expect(await valuesOf('bytes_sent', 2)).toEqual([30, 20]);
    expect((await seriesOf('bytes_sent'))[0]).toMatchObject({ aggregation: 'sum', unit: 'By' });
  });

  test('stale markers and values that are no number are skipped and counted, and are no fault of the sender', async () => {
    const samples = [
      [at(0), 1],
      [at(1), 'stale'],
      [at(2), Number.NaN],
      [at(3), Number.POSITIVE_INFINITY],
    ] as const;
    const response = await write(1, { labels: { __name__: 'ends' }, samples });
    expect([response.status, written(response)[0]]).toEqual([204, 4]);
    expect(await valuesOf('ends', 1)).toEqual([1]);
    const metrics = await (await service.request('/metrics')).text();
    expect(metrics).toContain('fleetcast_ingest_skipped_total{kind="remote_write",reason="stale"} 1\n');
    expect(metrics).toContain('fleetcast_ingest_skipped_total{kind="remote_write",reason="not_finite"} 2\n');
  });

  test.each<[string, SentSeries, RegExp]>([
    ['a series without a name', { labels: { a: 'b' }, samples: [[at(0), 1]] }, /has no name/],
    ['a sample of another age', { labels: { __name__: 'old' }, samples: [[1, 1]] }, /out of bounds/],
    ['a control character', { labels: { __name__: 'bell', a: '\u0007' }, samples: [[at(0), 1]] }, /control characters/],
    [
      'too many labels',
      {
        labels: { __name__: 'many', ...Object.fromEntries(Array.from({ length: 140 }, (_, i) => [`l${i}`, 'v'])) },
        samples: [[at(0), 1]],
      },
      /140 labels; allowed: 128/,
    ],
  ])('%s is refused with 400 and the rest is stored', async (_title, bad, reason) => {
    for (const version of [1, 2] as const) {
      const good = { labels: { __name__: `good_${version}` }, samples: [[at(0), 1]] as const };
      const response = await write(version, bad, good);
      expect([response.status, written(response)[0]]).toEqual([400, 1]);
      expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(await response.text()).toMatch(reason);
    }
  });

  test('a native histogram becomes count, sum and quantiles of what came since the last one', async () => {
    // Schema 0: bucket i is (2^(i-1), 2^i]; here (1, 2] and (2, 4].
    const histogram = (second: number, counts: [number, number], sum: number) =>
      message(
        [1, 'varint', counts[0] + counts[1]],
        [3, 'double', sum],
        [4, 'sint', 0],
        [11, 'bytes', message([1, 'sint', 1], [2, 'varint', 2])],
        [12, 'bytes', packed('sint', [counts[0], counts[1] - counts[0]])],
        [15, 'int64', at(second)],
      );
    for (const version of [1, 2] as const) {
      const metric = `latency_${version}_seconds`;
      const histograms = [histogram(0, [100, 0], 150), histogram(15, [100, 10], 180)];
      const response = await write(version, { labels: { __name__: metric }, histograms, type: 3 });
      expect([response.status, written(response)]).toEqual([204, [0, 2, 0]]);
      expect(await valuesOf(`${metric}_count`, 1)).toEqual([10]);
      expect(await valuesOf(`${metric}_sum`, 1)).toEqual([30]);
      // Half of the new ten lies at the logarithmic middle of (2, 4].
      expect((await valuesOf(metric, 1, ['quantile', '0.5']))[0]).toBeCloseTo(2 * Math.SQRT2, 10);
    }
  });

  test.each<[string, number, Buffer, Record<string, string>]>([
    ['an unknown message', 415, Buffer.alloc(0), { 'content-type': 'application/x-protobuf;proto=other.Message' }],
    ['JSON', 415, Buffer.from('{}'), { 'content-type': 'application/json' }],
    ['another compression', 415, Buffer.alloc(0), { 'content-encoding': 'gzip' }],
    [
      'a message that is cut',
      400,
      writeRequestV1([{ labels: { __name__: 'cut' }, samples: [[at(0), 1]] }]).subarray(0, -3),
      {},
    ],
    ['a length that lies', 400, Buffer.from('0affffffff0f', 'hex'), {}],
  ])('%s is answered with %i, in plain text', async (_title, status, body, headers) => {
    const response = await send(body, 1, headers);
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'text/plain; charset=UTF-8']);
  });

  test('a snappy block that claims more than the limit is refused before anything is made of it', async () => {
    const bomb = compressSync(Buffer.alloc(9 * 1024 * 1024)) as Uint8Array<ArrayBuffer>;
    const response = await service.request('/api/v1/write', { ...remoteWriteRequest(Buffer.alloc(0), 1), body: bomb });
    expect(response.status).toBe(413);
    const lies = await service.request('/api/v1/write', {
      ...remoteWriteRequest(Buffer.alloc(0), 1),
      body: Buffer.from('ffffffff0f', 'hex'),
    });
    expect(lies.status).toBe(413);
  });

  test('an empty request is fine', async () => {
    expect((await send(Buffer.alloc(0))).status).toBe(204);
  });
});
