import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { CloudEvent, HTTP } from 'cloudevents';
import fc from 'fast-check';
import { compressSync, uncompressSync } from 'snappy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { otlpEncodings, startSdk } from '../support/open-telemetry.ts';
import { hasPrometheus, startPrometheus } from '../support/prometheus.ts';
import { writeRequestV1, writeRequestV2 } from '../support/remote-write.ts';
import { hasChdb } from '../support/servers.ts';
import { message, packed } from '../support/wire-writer.ts';

interface Captured {
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** A change of a payload: where, as a share of its length, and what becomes of the bytes there. */
type Change = { at: number; kind: 'flip' | 'cut' | 'insert' | 'repeat' | 'length'; bytes: Uint8Array };

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom('flip', 'cut', 'insert', 'repeat', 'length'),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
});
const lyingLength = Buffer.from('ffffffff0f', 'hex');
const maxSentBytes = 200_000;

function mutate(body: Buffer, changes: readonly Change[]): Buffer {
  let bytes = body;
  for (const { at, kind, bytes: random } of changes) {
    const place = Math.floor(at * bytes.length);
    const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
    if (kind === 'cut') bytes = before;
    else if (kind === 'insert') bytes = Buffer.concat([before, random, after]);
    else if (kind === 'repeat') bytes = Buffer.concat([bytes, after]).subarray(0, maxSentBytes);
    else if (kind === 'length') bytes = Buffer.concat([before, lyingLength, after.subarray(1)]);
    else bytes = Buffer.concat([before, random, after.subarray(random.length)]);
  }
  return bytes;
}

/** What real senders send to the paths of the service, once each. */
async function capture(): Promise<Captured[]> {
  const captured: Captured[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const names = ['content-type', 'content-encoding', 'x-prometheus-remote-write-version'];
    const headers = Object.fromEntries(
      names.flatMap((name) => (request.headers[name] === undefined ? [] : [[name, String(request.headers[name])]])),
    );
    captured.push({ path: request.url!, headers, body: Buffer.concat(chunks) });
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const encoding of otlpEncodings) await exportOnce(url, encoding);
  if (hasPrometheus()) {
    const prometheus = await startPrometheus(`
remote_write: [{ url: "${url}/api/v1/write", queue_config: { batch_send_deadline: 100ms }, metadata_config: { send_interval: 100ms } }]
`);
    await eventually(() => captured.filter(({ path }) => path === '/api/v1/write').length > 4, { what: 'writes' });
    await prometheus.stop();
  }
  server.close();
  return captured;
}

async function exportOnce(url: string, encoding: (typeof otlpEncodings)[number]): Promise<void> {
  for (const isExponential of [false, true]) {
    const sdk = startSdk({
      url,
      encoding,
      isExponential,
      resource: { 'service.name': 's', 'service.instance.id': 'i' },
    });
    const meter = sdk.meters.getMeter('fuzz');
    meter.createCounter('jobs').add(1, { a: 'b' });
    meter.createGauge('depth').record(2);
    const histogram = meter.createHistogram('duration');
    for (const value of [-1, 0, 1, 10, 1e6]) histogram.record(value);
    const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'a', list: ['x'] };
    sdk.tracers.getTracer('fuzz').startSpan('invoke_agent a', { attributes }).end();
    sdk.loggers
      .getLogger('fuzz')
      .emit({ severityNumber: 17, body: { nested: { deep: [1, 'x'] } }, attributes: { 'task.id': 't' } });
    await sdk.shutdown();
  }
}

/** Payloads of our own where no real sender is at hand: remote write 2.0 and native histograms. */
function written(): Captured[] {
  const now = Date.now();
  const histogram = message(
    [1, 'varint', 12],
    [3, 'double', 30],
    [4, 'sint', 0],
    [6, 'varint', 2],
    [8, 'bytes', message([1, 'sint', 1], [2, 'varint', 2])],
    [9, 'bytes', packed('sint', [1, 2])],
    [11, 'bytes', message([1, 'sint', 1], [2, 'varint', 2])],
    [12, 'bytes', packed('sint', [3, 2])],
    [15, 'int64', now],
  );
  const series = Array.from({ length: 5 }, (_, i) => ({
    labels: { __name__: `fuzz_${i}_total`, instance: 'i' },
    samples: [[now, i]] as const,
    histograms: i === 0 ? [histogram] : [],
    type: i,
  }));
  const headers = { 'content-encoding': 'snappy' };
  const own = (body: Buffer, proto: string): Captured => ({
    path: '/api/v1/write',
    headers: { ...headers, 'content-type': `application/x-protobuf;proto=${proto}` },
    body: compressSync(body) as Buffer,
  });
  return [
    own(writeRequestV1(series, [['fuzz_0_total', 1, 'bytes']]), 'prometheus.WriteRequest'),
    own(writeRequestV2(series), 'io.prometheus.write.v2.Request'),
  ];
}

/** What agents and the SDK of CloudEvents send, in every mode, compressed and not. */
function native(): Captured[] {
  const json = 'application/json';
  const own = (path: string, type: string, body: string, headers: Record<string, string> = {}): Captured => ({
    path,
    headers: { 'content-type': type, ...headers },
    body: Buffer.from(body),
  });
  const time = Date.now() - 1000;
  const records: readonly (readonly [path: string, record: object])[] = [
    ['/v1/samples', { metric: 'm', value: 1.5, time, labels: { a: 'b' }, agent: 'a', unit: 's', aggregation: 'avg' }],
    [
      '/v1/heartbeats',
      { agent: 'a', type: 't', version: '1', status: 'ok', time, intervalSeconds: 60, labels: { a: 'b' } },
    ],
    [
      '/v1/events',
      {
        task: 't',
        kind: 'k',
        state: 'failed',
        agent: 'a',
        time,
        durationSeconds: 1,
        error: 'e',
        attributes: { a: 'b' },
      },
    ],
  ];
  const plain = records.flatMap(([path, record]) => [
    own(path, json, JSON.stringify([record, record])),
    own(path, 'application/x-ndjson', `${JSON.stringify(record)}\n${JSON.stringify(record)}\n`),
  ]);
  const event = { id: '1', source: '/s', type: 'x.failed', subject: 't', time: new Date(time).toISOString() };
  const cloudEvent = new CloudEvent({ ...event, data: { durationSeconds: 1, a: 'b', attributes: { c: 'd' } } });
  const binary = HTTP.binary(cloudEvent);
  const structured = HTTP.structured(cloudEvent);
  const { 'content-type': type = json, ...attributes } = binary.headers as Record<string, string>;
  const events = [
    own('/v1/events', type, binary.body as string, attributes),
    own('/v1/events', 'application/cloudevents+json', structured.body as string),
    own('/v1/events', 'application/cloudevents-batch+json', `[${structured.body as string}]`),
  ];
  return [...plain, ...events];
}

type Codec = { compress: (body: Buffer) => Buffer; decompress: (body: Buffer) => Buffer };
const codecs: Readonly<Record<string, Codec>> = {
  snappy: { compress: (body) => compressSync(body) as Buffer, decompress: (body) => uncompressSync(body) as Buffer },
  gzip: { compress: (body) => gzipSync(body), decompress: (body) => gunzipSync(body) },
  zstd: { compress: (body) => zstdCompressSync(body), decompress: (body) => zstdDecompressSync(body) },
};
const codecOf = ({ headers }: Captured) => codecs[headers['content-encoding'] ?? ''];

/** Every payload that is not compressed yet, in gzip and in zstd as well. */
function compressed(payloads: readonly Captured[]): Captured[] {
  return payloads
    .filter((payload) => codecOf(payload) === undefined)
    .flatMap(({ path, headers, body }) =>
      (['gzip', 'zstd'] as const).map((encoding) => ({
        path,
        headers: { ...headers, 'content-encoding': encoding },
        body: codecs[encoding]!.compress(body),
      })),
    );
}

/** Puts another value into the place of one that is found by walking down `steps`. */
function replaceWithin(content: unknown, steps: readonly number[], value: unknown): unknown {
  const [step, ...others] = steps;
  if (step === undefined || typeof content !== 'object' || content === null) return value;
  const keys = Object.keys(content);
  if (keys.length === 0) return value;
  const key = keys[step % keys.length]!;
  const copy = Array.isArray(content) ? [...content] : { ...content };
  Reflect.set(copy, key, replaceWithin(Reflect.get(content, key), others, value));
  return copy;
}

/** The same content once for each member of it, which is left out. */
function* withoutOneMember(content: unknown): Generator<unknown> {
  if (typeof content !== 'object' || content === null) return;
  for (const [key, value] of Object.entries(content)) {
    const copy = Array.isArray(content) ? [...content] : { ...content };
    if (!Array.isArray(copy)) {
      Reflect.deleteProperty(copy, key);
      yield copy;
    }
    for (const less of withoutOneMember(value)) {
      yield Object.assign(Array.isArray(content) ? [...content] : { ...content }, { [key]: less });
    }
  }
}

const isJson = ({ headers }: Captured) =>
  /[/+]json/.test(headers['content-type'] ?? '') && !headers['content-encoding'];

describe.skipIf(!hasChdb())('payloads of real senders, changed at random', () => {
  let service: TestApp;
  let payloads: Captured[];

  beforeAll(async () => {
    const plain = [...(await capture()), ...written(), ...native()];
    payloads = [...plain, ...compressed(plain)];
    service = await startTestApp({ env: { FLEETCAST_INGEST_MAX_BODY_BYTES: '1048576' } });
  });
  afterAll(() => service?.close());

  const send = ({ path, headers }: Captured, body: Buffer) =>
    service.request(path, { method: 'POST', headers, body: new Uint8Array(body) });

  test('are of every signal and encoding, and are all taken as they came', async () => {
    const kinds = new Set(payloads.map(({ path, headers }) => `${path} ${headers['content-type']}`));
    // Three signals of OTLP in two encodings, two versions of remote write and what Prometheus calls it, three native
    // kinds in two forms, three modes of CloudEvents.
    expect(kinds.size).toBe(hasPrometheus() ? 18 : 17);
    for (const encoding of ['gzip', 'zstd', 'snappy'])
      expect(payloads.some(({ headers }) => headers['content-encoding'] === encoding)).toBe(true);
    for (const payload of payloads) expect((await send(payload, payload.body)).status).toBeLessThan(300);
  });

  test.each([
    ['changed as they travel', (body: Buffer, changes: Change[]) => mutate(body, changes)],
    [
      'changed beneath their compression',
      (body: Buffer, changes: Change[], payload: Captured) => {
        const { compress, decompress } = codecOf(payload) ?? { compress: (same) => same, decompress: (same) => same };
        return compress(mutate(decompress(body), changes));
      },
    ],
  ])('%s are taken or refused, are never a fault of ours, and leave no memory behind', async (_title, change_) => {
    const before = process.memoryUsage().rss;
    await fc.assert(
      fc.asyncProperty(
        fc.nat().map((n) => payloads[n % payloads.length]!),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        async (payload, changes) => {
          const { status } = await send(payload, change_(payload.body, changes, payload));
          expect(status).toBeLessThan(500);
        },
      ),
      { numRuns: 400 },
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 2 ** 20);
    expect((await service.request('/readyz')).status).toBe(200);
  });

  test('with any JSON in any place of theirs are taken or refused, and are never a fault of ours', async () => {
    const texts = payloads.filter(isJson);
    await fc.assert(
      fc.asyncProperty(
        fc.nat().map((n) => texts[n % texts.length]!),
        fc.array(fc.nat(), { maxLength: 16 }),
        fc.jsonValue({ maxDepth: 2 }),
        async (payload, steps, value) => {
          const content = replaceWithin(JSON.parse(payload.body.toString('utf8')), steps, value);
          const { status } = await send(payload, Buffer.from(JSON.stringify(content)));
          expect(status).toBeLessThan(500);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('of OTLP in JSON may lack any member, as messages of protobuf may', async () => {
    const exports = payloads.filter((payload) => isJson(payload) && /^\/v1\/(metrics|traces|logs)$/.test(payload.path));
    expect(exports.length).toBeGreaterThanOrEqual(3);
    for (const payload of new Map(exports.map((each) => [each.path, each])).values()) {
      for (const content of withoutOneMember(JSON.parse(payload.body.toString('utf8')))) {
        const text = JSON.stringify(content);
        const answer = await send(payload, Buffer.from(text));
        if (answer.status !== 200) expect.fail(`${answer.status} ${await answer.text()} for ${text}`);
      }
    }
  });

  test('under any headers of CloudEvents are taken or refused, and are never a fault of ours', async () => {
    const name = fc.constantFrom(
      'specversion',
      'id',
      'source',
      'type',
      'time',
      'subject',
      'traceparent',
      '__proto__',
      'constructor',
    );
    const value = fc.oneof(
      fc.constantFrom('1.0', '%', '%ff', '%E0%A4%A', 'x.failed', '9999-99-99', 'a'.repeat(5000), '00-x-y-01'),
      fc.stringMatching(/^[\x21-\xff]{0,40}$/),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, value), fc.json({ maxDepth: 2 }), async (attributes, body) => {
        const named = Object.entries(attributes).map(([key, each]) => [`ce-${key}`, each] as const);
        const headers = { 'content-type': 'application/json', 'ce-specversion': '1.0', ...Object.fromEntries(named) };
        const { status } = await send({ path: '/v1/events', headers, body: Buffer.alloc(0) }, Buffer.from(body));
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 150 },
    );
  });

  test.each(['/v1/metrics', '/v1/traces', '/v1/logs', '/v1/samples', '/v1/heartbeats', '/v1/events'])(
    'of %s, a small body that would become a large one is refused before it does',
    async (path) => {
      const zeros = Buffer.alloc(64 * 2 ** 20);
      for (const encoding of ['gzip', 'zstd'] as const) {
        const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
        const body = codecs[encoding]!.compress(zeros);
        expect(body.length).toBeLessThan(100_000);
        expect((await send({ path, headers, body }, body)).status).toBe(413);
      }
    },
  );
});
