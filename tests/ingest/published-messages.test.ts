import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { decodePublished, encodePublished, publishedWriteRequest } from '../support/published-messages.ts';
import { hasChdb } from '../support/servers.ts';

const protobuf = 'application/x-protobuf';
const now = Math.floor(Date.now() / 60_000) * 60_000;
const at = (second: number) => now - 600_000 + second * 1000;
const nanos = (second: number) => `${at(second)}000000`;

describe.skipIf(!hasChdb())('messages that an independent encoder makes of the published definitions', () => {
  let service: TestApp;

  beforeAll(async () => {
    service = await startTestApp();
  });
  afterAll(() => service?.close());

  interface Listed {
    id: string;
    labels: Record<string, string>;
    aggregation: string;
    unit: string;
  }
  /** The series of a metric with its raw values; those of a histogram by quantile. */
  async function stored(metric: string, quantile?: string) {
    const { items } = await service.get<{ items: Listed[] }>(`/v1/series?metric=${metric}`);
    const [series, ...others] = items.filter(({ labels }) => labels.quantile === quantile);
    expect(others).toEqual([]);
    const url = `/v1/series/${series!.id}/points?step=raw&from=${at(-1)}&to=${now + 600_000}`;
    return { ...series!, values: (await service.get<{ values: number[] }>(url)).values };
  }

  /** How many exemplars were counted so far. */
  async function exemplars(kind: string): Promise<number> {
    const metrics = await (await service.request('/metrics')).text();
    const line = new RegExp(`^fleetcast_ingest_skipped_total{kind="${kind}",reason="exemplar"} (\\d+)`, 'm');
    return Number(line.exec(metrics)?.[1] ?? 0);
  }

  describe('remote write 2.0', () => {
    const write = async (request: object) => {
      const answer = await service.request('/api/v1/write', publishedWriteRequest(request));
      const written = ['samples', 'histograms', 'exemplars'].map((kind) =>
        Number(answer.headers.get(`x-prometheus-remote-write-${kind}-written`)),
      );
      return [answer.status, written, await answer.text()];
    };

    test('samples are stored under their symbols, of a counter the increases; exemplars are counted and not kept', async () => {
      const symbols = [
        '',
        '__name__',
        'sent_bytes',
        'instance',
        'db-1',
        'zone',
        'ü',
        'bytes',
        'What was sent.',
        'trace_id',
        'abc',
      ];
      const metadata = { type: 1, helpRef: 8, unitRef: 7 };
      const series = {
        labelsRefs: [1, 2, 3, 4, 5, 6],
        samples: [30, 50, 4].map((value, i) => ({ value, timestamp: at(15 * i) })),
        exemplars: [{ labelsRefs: [9, 10], value: 1, timestamp: at(0) }],
        metadata,
      };
      expect(await write({ symbols, timeseries: [series] })).toEqual([204, [3, 0, 0], '']);
      expect(await stored('sent_bytes')).toMatchObject({
        labels: { agent: 'db-1', instance: 'db-1', zone: 'ü' },
        aggregation: 'sum',
        unit: 'By',
        values: [20, 4],
      });
      expect(await exemplars('remote_write')).toBe(1);
    });

    test('what cannot be stored is refused in plain text, and the rest is stored', async () => {
      const symbols = ['', '__name__', 'good', 'lone'];
      const samples = [{ value: 1, timestamp: at(0) }];
      const [status, written, text] = await write({
        symbols,
        timeseries: [
          { labelsRefs: [1, 2], samples },
          { labelsRefs: [3, 2], samples },
        ],
      });
      expect([status, written]).toEqual([400, [1, 0, 0]]);
      expect(text).toContain('has no name');
    });

    test.each([
      ['a symbol that is not there', { symbols: ['', '__name__'], timeseries: [{ labelsRefs: [1, 9] }] }],
      ['a name without a value', { symbols: ['', '__name__'], timeseries: [{ labelsRefs: [1] }] }],
      ['a first symbol that is not empty', { symbols: ['__name__', 'x'], timeseries: [{ labelsRefs: [0, 1] }] }],
    ])('%s makes the message a bad one', async (_title, request) => {
      expect(await write(request)).toEqual([400, [0, 0, 0], expect.stringContaining('not a remote write 2.0 message')]);
    });

    const symbols = ['', '__name__'];
    /** Quantiles worked out by hand from the bounds that the specification of native histograms gives. */
    test.each<[string, object, object, number]>([
      [
        'integers by deltas, with a zero bucket',
        { countInt: 0, zeroCountInt: 0, positiveSpans: [{ offset: 1, length: 2 }], positiveDeltas: [0, 0] },
        // Two near zero, three in (1, 2], four in (2, 4]: the fifth of nine is the whole of (1, 2].
        { countInt: 9, zeroCountInt: 2, positiveSpans: [{ offset: 1, length: 2 }], positiveDeltas: [3, 1] },
        2 ** (2.5 / 3),
      ],
      [
        'floats by counts',
        { countFloat: 0, positiveSpans: [{ offset: 3, length: 1 }], positiveCounts: [0] },
        // All in (4, 8]: the median is the logarithmic middle.
        { countFloat: 2.5, positiveSpans: [{ offset: 3, length: 1 }], positiveCounts: [2.5] },
        4 * Math.SQRT2,
      ],
      [
        'custom buckets',
        {
          countInt: 0,
          schema: -53,
          customValues: [10, 20],
          positiveSpans: [{ offset: 1, length: 1 }],
          positiveDeltas: [0],
        },
        {
          countInt: 4,
          schema: -53,
          customValues: [10, 20],
          positiveSpans: [{ offset: 1, length: 1 }],
          positiveDeltas: [4],
        },
        15,
      ],
      [
        'values below zero',
        { countInt: 0, negativeSpans: [{ offset: 2, length: 1 }], negativeDeltas: [0] },
        { countInt: 2, negativeSpans: [{ offset: 2, length: 1 }], negativeDeltas: [2] },
        -2 * Math.SQRT2,
      ],
    ])('a native histogram of %s becomes count, sum and quantiles', async (title, first, second, median) => {
      const metric = `native_${title.replace(/\W/g, '_')}`;
      const histograms = [
        { ...first, timestamp: at(0) },
        { ...second, sum: 12, timestamp: at(15) },
      ];
      const timeseries = [{ labelsRefs: [1, 2], histograms, metadata: { type: 3 } }];
      expect(await write({ symbols: [...symbols, metric], timeseries })).toEqual([204, [0, 2, 0], '']);
      const count = Object.values(second).find((value) => typeof value === 'number' && value > 0);
      expect((await stored(`${metric}_count`)).values).toEqual([count]);
      expect((await stored(`${metric}_sum`)).values).toEqual([12]);
      expect((await stored(metric, '0.5')).values[0]).toBeCloseTo(median, 10);
    });
  });

  describe('OTLP', () => {
    const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
    const resource = { attributes: [text('service.name', 'checkout'), text('service.instance.id', '1')] };
    const send = (metrics: object[]) =>
      service.request('/v1/metrics', {
        method: 'POST',
        headers: { 'content-type': protobuf },
        body: new Uint8Array(
          encodePublished('ExportMetricsServiceRequest', {
            resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }],
          }),
        ),
      });
    const decoded = async (name: string, answer: Response) =>
      decodePublished(name, new Uint8Array(await answer.arrayBuffer()));

    test('a summary becomes the increases of count and sum, and its quantiles as they are', async () => {
      const point = (second: number, count: number, sum: number, median: number) => ({
        startTimeUnixNano: nanos(-500),
        timeUnixNano: nanos(second),
        count,
        sum,
        quantileValues: [
          { quantile: 0.5, value: median },
          { quantile: 0.99, value: 3 * median },
        ],
        attributes: [text('route', '/pay')],
      });
      const dataPoints = [point(0, 10, 25, 2), point(15, 14, 30, 4), { ...point(30, 0, 0, 0), flags: 1 }];
      const answer = await send([{ name: 'wait', unit: 's', summary: { dataPoints } }]);
      expect([answer.status, await decoded('ExportResponse', answer)]).toEqual([200, {}]);
      const labels = { agent: 'checkout/1', service_name: 'checkout', route: '/pay' };
      expect(await stored('wait_count')).toMatchObject({ labels, aggregation: 'sum', unit: '1', values: [4] });
      expect(await stored('wait_sum')).toMatchObject({ labels, aggregation: 'sum', unit: 's', values: [5] });
      expect(await stored('wait', '0.5')).toMatchObject({ aggregation: 'avg', unit: 's', values: [2, 4] });
      expect((await stored('wait', '0.99')).values).toEqual([6, 12]);
    });

    test('a histogram without bounds and one without a sum lose only what they do not tell', async () => {
      const point = (second: number, count: number) => ({
        timeUnixNano: nanos(second),
        startTimeUnixNano: nanos(-1),
        count,
      });
      const answer = await send([
        { name: 'boundless', histogram: { aggregationTemporality: 1, dataPoints: [{ ...point(0, 3), sum: 6 }] } },
        {
          name: 'sumless',
          histogram: {
            aggregationTemporality: 1,
            dataPoints: [{ ...point(0, 4), explicitBounds: [10, 20], bucketCounts: [0, 4, 0] }],
          },
        },
      ]);
      expect(answer.status).toBe(200);
      expect([(await stored('boundless_count')).values, (await stored('boundless_sum')).values]).toEqual([[3], [6]]);
      expect([(await stored('sumless_count')).values, (await stored('sumless', '0.5')).values]).toEqual([[4], [15]]);
      expect((await service.get<{ items: unknown[] }>('/v1/series?metric=sumless_sum')).items).toEqual([]);
    });

    test.each(['protobuf', 'json'])('exemplars of points in %s are counted and not kept', async (encoding) => {
      const before = await exemplars('otlp_metrics');
      const point = { timeUnixNano: nanos(0), exemplars: [{ asDouble: 1 }, { asDouble: 2 }] };
      const histogram = { ...point, count: '1', explicitBounds: [1], bucketCounts: ['1', '0'] };
      const metrics = [
        { name: `told_by_${encoding}`, sum: { aggregationTemporality: 1, dataPoints: [{ ...point, asDouble: 3 }] } },
        { name: `timed_by_${encoding}`, histogram: { aggregationTemporality: 1, dataPoints: [histogram] } },
      ];
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
      const answer =
        encoding === 'json'
          ? await service.request('/v1/metrics', { method: 'POST', headers, body })
          : await send(metrics);
      expect(answer.status).toBe(200);
      expect((await stored(`told_by_${encoding}`)).values).toEqual([3]);
      expect((await exemplars('otlp_metrics')) - before).toBe(4);
    });

    test('points go to the series that they spell, whatever came before them in this export and in others', async () => {
      const names = ['mixed_a', 'mixed_b'];
      const pick = fc.record({
        agent: fc.constantFrom('one', 'two'),
        metric: fc.constantFrom(...names),
        zone: fc.constantFrom('', 'a', 'b'),
        size: fc.constantFrom('', 'a', 'b'),
      });
      const exports = fc.sample(fc.array(pick, { minLength: 1, maxLength: 12 }), { numRuns: 60, seed: 3 });
      const expected: Record<string, number[]> = {};
      let value = 0;
      for (const picks of exports) {
        const resourceMetrics = picks.map(({ agent, metric, zone, size }) => {
          value++;
          const labels = [agent, metric, zone, size].join();
          expected[labels] = [...(expected[labels] ?? []), value];
          const attributes = [...(zone && [text('zone', zone)]), ...(size && [text('size', size)])];
          const point = { timeUnixNano: nanos(value / 1000), asDouble: value, attributes };
          return {
            resource: { attributes: [text('service.instance.id', agent)] },
            scopeMetrics: [{ metrics: [{ name: metric, gauge: { dataPoints: [point] } }] }],
          };
        });
        const body = new Uint8Array(encodePublished('ExportMetricsServiceRequest', { resourceMetrics }));
        const answer = await service.request('/v1/metrics', {
          method: 'POST',
          headers: { 'content-type': protobuf },
          body,
        });
        expect(answer.status).toBe(200);
      }
      const found: Record<string, number[]> = {};
      for (const metric of names) {
        const { items } = await service.get<{ items: Listed[] }>(`/v1/series?metric=${metric}`);
        for (const { id, labels } of items) {
          const url = `/v1/series/${id}/points?step=raw&from=${at(-1)}&to=${now + 600_000}`;
          const { values } = await service.get<{ values: number[] }>(url);
          found[[labels.agent, metric, labels.zone ?? '', labels.size ?? ''].join()] = values;
        }
      }
      expect(found).toEqual(expected);
    });

    test('a partial success and an error are what the definitions say', async () => {
      const dataPoints = [
        { timeUnixNano: nanos(0), asInt: 1 },
        { timeUnixNano: '1000000', asInt: 1 },
      ];
      const partly = await send([{ name: 'partly', gauge: { dataPoints } }]);
      expect([partly.status, await decoded('ExportResponse', partly)]).toEqual([
        200,
        { partialSuccess: { rejected: 1, errorMessage: expect.stringContaining('out of bounds') } },
      ]);
      for (const path of ['/v1/metrics', '/v1/traces', '/v1/logs']) {
        const broken = await service.request(path, {
          method: 'POST',
          headers: { 'content-type': protobuf },
          body: new Uint8Array([10, 255]),
        });
        expect([broken.status, await decoded('Status', broken)]).toEqual([
          400,
          { code: 3, message: expect.stringContaining('not an OTLP message') },
        ]);
      }
    });
  });
});
