import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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

describe.skipIf(!hasChdb())('payloads of real senders, changed at random', () => {
  let service: TestApp;
  let payloads: Captured[];

  beforeAll(async () => {
    payloads = [...(await capture()), ...written()];
    service = await startTestApp({ env: { FLEETCAST_INGEST_MAX_BODY_BYTES: '1048576' } });
  });
  afterAll(() => service?.close());

  const send = ({ path, headers }: Captured, body: Buffer) =>
    service.request(path, { method: 'POST', headers, body: new Uint8Array(body) });

  test('are of every signal and encoding, and are all taken as they came', async () => {
    const kinds = new Set(payloads.map(({ path, headers }) => `${path} ${headers['content-type']}`));
    expect(kinds.size).toBe(hasPrometheus() ? 9 : 8);
    for (const payload of payloads) expect((await send(payload, payload.body)).status).toBeLessThan(300);
  });

  test.each([
    ['changed as they travel', (body: Buffer, changes: Change[]) => mutate(body, changes)],
    [
      'changed beneath their compression',
      (body: Buffer, changes: Change[], { headers }: Captured) =>
        headers['content-encoding'] === 'snappy'
          ? (compressSync(mutate(uncompressSync(body) as Buffer, changes)) as Buffer)
          : mutate(body, changes),
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
});
