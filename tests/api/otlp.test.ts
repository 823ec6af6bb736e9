import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { decodePublished } from '../support/published-messages.ts';
import { hasChdb } from '../support/servers.ts';
import { message } from '../support/wire-writer.ts';

const protobuf = 'application/x-protobuf';
const json = 'application/json';
const stringValue = (value: string) => message([1, 'bytes', value]);
const nanos = (ms: number) => BigInt(ms) * 1_000_000n;

/** `ExportMetricsServiceRequest` with one gauge, whose points are at the given times. */
function gaugeRequest(name: string, times: readonly number[], attributes: Record<string, string> = {}): Buffer {
  const points = times.map((time) =>
    message(
      ...Object.entries(attributes)
        .map(([key, value]) => [7, 'bytes', message([1, 'bytes', key], [2, 'bytes', stringValue(value)])] as const)
        .map(([field, kind, value]) => [field, kind, value] as [number, 'bytes', Buffer]),
      [3, 'fixed64', nanos(time)],
      [4, 'double', 1],
    ),
  );
  const gauge = message(...points.map((point): [number, 'bytes', Buffer] => [1, 'bytes', point]));
  const metric = message([1, 'bytes', name], [5, 'bytes', gauge]);
  return message([1, 'bytes', message([2, 'bytes', message([2, 'bytes', metric])])]);
}

describe.skipIf(!hasChdb())('OTLP over HTTP', () => {
  let service: TestApp;

  beforeAll(async () => {
    service = await startTestApp({ env: { FLEETCAST_INGEST_MAX_BODY_BYTES: '65536' } });
  });
  afterAll(() => service?.close());

  const send = (path: string, body: Buffer | string, type: string, headers: Record<string, string> = {}) =>
    service.request(path, {
      method: 'POST',
      body: typeof body === 'string' ? body : new Uint8Array(body),
      headers: { 'content-type': type, ...headers },
    });
  const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

  test.each(['/v1/metrics', '/v1/traces', '/v1/logs'])(
    '%s takes an empty export and answers in its encoding',
    async (path) => {
      const answers = [await send(path, Buffer.alloc(0), protobuf), await send(path, '{}', json)];
      expect(answers.map((answer) => [answer.status, answer.headers.get('content-type')])).toEqual([
        [200, protobuf],
        [200, json],
      ]);
      expect([(await bytesOf(answers[0]!)).length, await answers[1]!.text()]).toEqual([0, '{}']);
    },
  );

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('takes %s', async (encoding, compress) => {
    const body = compress(gaugeRequest(`compressed_${encoding}`, [Date.now()]));
    expect((await send('/v1/metrics', body, protobuf, { 'content-encoding': encoding })).status).toBe(200);
    const { items } = await service.get<{ items: unknown[] }>(`/v1/series?metric=compressed_${encoding}`);
    expect(items).toHaveLength(1);
  });

  test('of an export with good and bad points, the good are stored and the bad are told as a partial success', async () => {
    const answer = await send('/v1/metrics', gaugeRequest('partly', [Date.now(), 1]), protobuf);
    expect(answer.status).toBe(200);
    const text = (await bytesOf(answer)).toString('latin1');
    expect(text).toContain('partly: 1970-01-01T00:00:00.001Z is out of bounds');
    const request = { gauge: { dataPoints: [{ timeUnixNano: '1000000', asInt: '1' }] } };
    const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'old', ...request }] }] }] });
    expect(await (await send('/v1/metrics', body, json)).json()).toEqual({
      partialSuccess: { rejectedDataPoints: '1', errorMessage: expect.stringContaining('out of bounds') },
    });
    const { items } = await service.get<{ items: unknown[] }>('/v1/series?metric=partly');
    expect(items).toHaveLength(1);
  });

  test('of spans and log records, those that are rejected are counted once each, whatever they tell', async () => {
    const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
    const usage = ['input', 'output'].map((type) => attribute(`gen_ai.usage.${type}_tokens`, '5'));
    const attributes = [attribute('gen_ai.operation.name', 'invoke_agent'), ...usage];
    const at = (spanId: string, ms: number) => ({
      traceId: '01'.repeat(16),
      spanId,
      attributes,
      endTimeUnixNano: nanos(ms).toString(),
    });
    const spans = [
      at('0a'.repeat(8), Date.now()),
      at('0b'.repeat(8), 1000),
      at('0c'.repeat(8), Date.now()),
      { endTimeUnixNano: '1' },
    ];
    const traces = await send('/v1/traces', JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }), json);
    expect(await traces.json()).toEqual({
      partialSuccess: { rejectedSpans: '1', errorMessage: expect.stringContaining('out of bounds') },
    });
    const named = { severityNumber: 17, attributes: [attribute('task.id', 't')] };
    const logRecords = [
      { ...named, timeUnixNano: '1000000' },
      { ...named, timeUnixNano: nanos(Date.now()).toString() },
      { severityNumber: 17, timeUnixNano: '1000000' },
      { severityNumber: 9, timeUnixNano: '1000000' },
    ];
    const logs = await send('/v1/logs', JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }), json);
    expect(await logs.json()).toEqual({
      partialSuccess: { rejectedLogRecords: '2', errorMessage: expect.stringContaining('out of bounds') },
    });
  });

  test.each<[string, number, number, Buffer | string, string, Record<string, string>]>([
    ['bytes that are no message', 400, 3, Buffer.from('0aff', 'hex'), protobuf, {}],
    ['a text that is no JSON', 400, 3, '{', json, {}],
    ['JSON of another shape', 400, 3, '{"resourceMetrics":[{"scopeMetrics":7}]}', json, {}],
    ['a type that is neither', 415, 3, '{}', 'text/plain', {}],
    ['a body above the limit', 413, 3, ' '.repeat(65_537), json, {}],
    ['an unknown compression', 415, 3, '{}', json, { 'content-encoding': 'br' }],
  ])('%s is answered with %i and a google.rpc.Status of code %i', async (_title, status, code, body, type, headers) => {
    const answer = await send('/v1/metrics', body, type, headers);
    expect(answer.status).toBe(status);
    if (type === protobuf) {
      expect(answer.headers.get('content-type')).toBe(protobuf);
      expect((await bytesOf(answer)).subarray(0, 2)).toEqual(Buffer.from([8, code]));
    } else {
      expect(await answer.json()).toEqual({ code, message: expect.any(String) });
    }
  });

  test('a value that is nested without end is refused, and harms nobody', async () => {
    let value = stringValue('deep');
    for (let i = 0; i < 5000; i++) value = message([5, 'bytes', message([1, 'bytes', value])]);
    const attribute = message([1, 'bytes', 'nested'], [2, 'bytes', value]);
    const resource = message([1, 'bytes', attribute]);
    const answer = await send('/v1/metrics', message([1, 'bytes', message([1, 'bytes', resource])]), protobuf);
    expect([answer.status, (await bytesOf(answer)).toString()]).toEqual([
      400,
      expect.stringContaining('nested deeper'),
    ]);
  });
});

describe.skipIf(!hasChdb())('with auth required', () => {
  let service: TestApp;

  beforeAll(async () => {
    service = await startTestApp({ env: { FLEETCAST_AUTH: 'required' } });
  });
  afterAll(() => service?.close());

  test('a missing key is told as each protocol tells an error', async () => {
    const post = (path: string, type: string) =>
      service.request(path, { method: 'POST', headers: { 'content-type': type }, body: '' });
    const otlp = await post('/v1/traces', json);
    expect([otlp.status, await otlp.json()]).toEqual([401, { code: 16, message: expect.any(String) }]);
    const remoteWrite = await post('/api/v1/write', protobuf);
    expect([remoteWrite.status, remoteWrite.headers.get('content-type')]).toEqual([401, 'text/plain; charset=UTF-8']);
    for (const { headers } of [otlp, remoteWrite]) expect(headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe.skipIf(!hasChdb())('while the state store is away', () => {
  test('exports and remote write are told to come again, each in its way', async () => {
    let nowMs = Date.now();
    const service = await startTestApp({ now: () => new Date(nowMs) });
    const rename = (from: string, to: string) => service.state.db.schema.alterTable(from).renameTo(to).execute();
    const post = (path: string, type: string) =>
      service.request(path, { method: 'POST', headers: { 'content-type': type }, body: '' });
    await rename('tenants', 'gone');
    nowMs += 60_000;
    for (const path of ['/v1/metrics', '/v1/traces', '/v1/logs']) {
      const answer = await post(path, protobuf);
      expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('content-type')]).toEqual([
        ...[503, '2', protobuf],
      ]);
      expect(decodePublished('Status', new Uint8Array(await answer.arrayBuffer()))).toEqual({
        code: 14,
        message: expect.stringContaining('send the same again'),
      });
    }
    const remoteWrite = await post('/api/v1/write', protobuf);
    expect([remoteWrite.status, remoteWrite.headers.get('retry-after')]).toEqual([503, '5']);
    await rename('gone', 'tenants');
    expect((await post('/v1/metrics', protobuf)).status).toBe(200);
    await service.close();
  });
});
