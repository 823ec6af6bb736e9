import { compressSync } from 'snappy';

/** So many samples of so many series, in batches, sent over some connections. */
export interface StreamSize {
  samples: number;
  series: number;
  batchSamples: number;
  connections: number;
}

/** One way to write samples: where they are posted to, and how a batch is encoded. */
export interface SampleProtocol {
  id: 'remote-write' | 'otlp' | 'ndjson' | 'line-protocol';
  path: string;
  headers: Readonly<Record<string, string>>;
  /** What the samples of a series have in common. */
  encodeSeries(series: StreamSeries): Buffer;
  encodeBatch(samples: readonly StreamSample[]): Buffer;
}

export interface StreamSeries {
  metric: string;
  labels: Readonly<Record<string, string>>;
}

export interface StreamSample {
  encodedSeries: Buffer;
  /** Unix milliseconds. */
  time: number;
  value: number;
}

export const streamMetric = 'bench_value';
const stepMs = 15_000;
const seriesPerAgent = 20;

/**
 * The bodies that each connection sends, in order. Every series belongs to one connection, so that its samples come in
 * the order of their times; all series have a sample at each step, up to now.
 */
export function makeBodies(
  protocol: SampleProtocol,
  { samples, series, batchSamples, connections }: StreamSize,
): Buffer[][] {
  const steps = Math.floor(samples / series);
  const firstMs = Math.floor(Date.now() / stepMs) * stepMs - steps * stepMs;
  return Array.from({ length: connections }, (_, connection) => {
    const own = indexes(series).filter((i) => i % connections === connection);
    const encoded = own.map((i) => protocol.encodeSeries(seriesAt(i)));
    const bodies: Buffer[] = [];
    let batch: StreamSample[] = [];
    for (let step = 0; step < steps; step++) {
      for (let i = 0; i < own.length; i++) {
        batch.push({ encodedSeries: encoded[i]!, time: firstMs + step * stepMs, value: valueAt(own[i]!, step) });
        if (batch.length < batchSamples) continue;
        bodies.push(protocol.encodeBatch(batch));
        batch = [];
      }
    }
    if (batch.length > 0) bodies.push(protocol.encodeBatch(batch));
    return bodies;
  });
}

const indexes = (count: number) => Array.from({ length: count }, (_, i) => i);

function seriesAt(i: number): StreamSeries {
  const agent = `bench-${Math.floor(i / seriesPerAgent)}`;
  return { metric: streamMetric, labels: { agent, job: 'bench', region: `eu-${i % 3}`, shard: String(i) } };
}

/** A gauge with three decimals that goes its way by day. */
function valueAt(series: number, step: number): number {
  return Math.round((100 + (series % 50) + 20 * Math.sin(step / 40 + series) + (step % 7)) * 1000) / 1000;
}

const remoteWrite: SampleProtocol = {
  id: 'remote-write',
  path: '/api/v1/write',
  headers: {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
  },
  encodeSeries({ metric, labels }) {
    const pairs = Object.entries({ __name__: metric, ...labels }).sort(([a], [b]) => (a < b ? -1 : 1));
    return Buffer.concat(pairs.map(([name, value]) => field(1, Buffer.concat([field(1, name), field(2, value)]))));
  },
  encodeBatch(samples) {
    const series = samples.map(({ encodedSeries, time, value }) => {
      const sample = Buffer.concat([Buffer.of(0x09), double(value), Buffer.of(0x10), varint(time)]);
      return field(1, Buffer.concat([encodedSeries, field(2, sample)]));
    });
    return compressSync(Buffer.concat(series)) as Buffer;
  },
};

const otlp: SampleProtocol = {
  id: 'otlp',
  path: '/v1/metrics',
  headers: { 'content-type': 'application/x-protobuf' },
  encodeSeries: ({ labels }) =>
    Buffer.concat(
      Object.entries(labels).map(([name, value]) =>
        field(7, Buffer.concat([field(1, name), field(2, field(1, value))])),
      ),
    ),
  encodeBatch(samples) {
    const points = samples.map(({ encodedSeries, time, value }) =>
      field(1, Buffer.concat([Buffer.of(0x19), nanos(time), Buffer.of(0x21), double(value), encodedSeries])),
    );
    const metric = Buffer.concat([field(1, streamMetric), field(5, Buffer.concat(points))]);
    return field(1, field(2, field(2, metric)));
  },
};

const ndjson: SampleProtocol = {
  id: 'ndjson',
  path: '/v1/samples',
  headers: { 'content-type': 'application/x-ndjson' },
  encodeSeries: ({ metric, labels: { agent, ...labels } }) =>
    Buffer.from(JSON.stringify({ metric, agent, labels }).slice(0, -1)),
  encodeBatch: (samples) =>
    Buffer.from(
      samples.map(({ encodedSeries, time, value }) => `${encodedSeries},"time":${time},"value":${value}}\n`).join(''),
    ),
};

const lineProtocol: SampleProtocol = {
  id: 'line-protocol',
  path: '/write?db=bench&precision=ms',
  headers: { 'content-type': 'text/plain' },
  encodeSeries({ metric, labels }) {
    const tags = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    return Buffer.from([metric, ...tags].join(','));
  },
  encodeBatch: (samples) =>
    Buffer.from(samples.map(({ encodedSeries, time, value }) => `${encodedSeries} value=${value} ${time}\n`).join('')),
};

export const protocols = { remoteWrite, otlp, ndjson, lineProtocol };

function field(number: number, content: Buffer | string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([Buffer.of((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

function double(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

function nanos(ms: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64LE(BigInt(ms) * 1_000_000n);
  return bytes;
}
