import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

describe.skipIf(!hasChdb())('POST of records', () => {
  let service: TestApp;

  beforeAll(async () => {
    service = await startTestApp({ env: { FLEETCAST_INGEST_MAX_BODY_BYTES: '65536' } });
  });
  afterAll(() => service?.close());

  const send = (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
    service.request(path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
  const seriesOf = async (metric: string) =>
    (await service.get<{ items: { id: string }[] }>(`/v1/series?metric=${metric}`)).items;

  test.each<[string, (text: string) => BodyInit, Record<string, string>]>([
    ['an array', (text) => text, {}],
    ['an object', (text) => text.slice(1, -1), {}],
    ['NDJSON', (text) => text.slice(1, -1), { 'content-type': 'application/x-ndjson' }],
    ['gzip', (text) => gzipSync(text), { 'content-encoding': 'gzip' }],
    ['zstd', (text) => zstdCompressSync(text), { 'content-encoding': 'zstd' }],
  ])('%s answers 200 with what was accepted, and the value can be read at once', async (title, encode, headers) => {
    const metric = `ways_${title.replaceAll(' ', '_')}`;
    const response = await send('/v1/samples', encode(JSON.stringify([{ metric, value: 42 }])), headers);
    expect([response.status, await response.json()]).toEqual([200, { accepted: 1, refused: 0 }]);
    const [series] = await seriesOf(metric);
    expect(await service.get(`/v1/series/${series!.id}/points?step=raw`)).toMatchObject({ values: [42] });
  });

  test('heartbeats become agents, events become series of their kind', async () => {
    expect((await service.post('/v1/heartbeats', { agent: 'h', type: 'testing' })).status).toBe(200);
    const event = { task: 't', kind: 'build', state: 'succeeded', agent: 'h', durationSeconds: 3 };
    expect((await service.post('/v1/events', [event, { ...event, task: 'u', state: 'failed' }])).status).toBe(200);
    expect(await service.get('/v1/agents?type=testing')).toMatchObject({ items: [{ agent: 'h', state: 'new' }] });
    const [finished] = await seriesOf('tasks_finished_total');
    expect(finished).toMatchObject({ labels: { agent: 'h', kind: 'build' }, aggregation: 'sum' });
  });

  test('some of which are bad answers 422 with pointers and both counts, and stores the good ones', async () => {
    const records = [{ metric: 'partly', value: 1 }, { metric: 'partly' }, { metric: 'partly', value: 2, valeu: 2 }];
    const problem = await expectProblem(await service.post('/v1/samples', records), 422);
    expect(problem).toMatchObject({ accepted: 1, refused: 2, type: 'urn:fleetcast:problem:unprocessable' });
    expect(problem.detail).toBe('2 of 3 records were refused, the others are stored');
    expect(problem.errors!.map(({ pointer }) => pointer)).toEqual(['/1/value', '/2/valeu']);
    expect(await seriesOf('partly')).toHaveLength(1);
  });

  test('of one object is pointed at without a number of its record', async () => {
    const problem = await expectProblem(await service.post('/v1/samples', { metric: 'single', value: 'x' }), 422);
    expect(problem.errors!.map(({ pointer }) => pointer)).toEqual(['/value']);
  });

  test('of history is refused without backfill, stored with it', async () => {
    const records = [{ metric: 'history', value: 1, time: '2015-06-01T00:00:00Z' }];
    const problem = await expectProblem(await service.post('/v1/samples', records), 422);
    expect(problem.errors).toEqual([{ pointer: '/0/time', detail: expect.stringContaining('?backfill=true') }]);
    expect((await service.post('/v1/samples?backfill=true', records)).status).toBe(200);
    expect(await seriesOf('history')).toMatchObject([{ firstTime: '2015-06-01T00:00:00.000Z' }]);
    await expectProblem(await service.post('/v1/samples?backfill=yes', records), 400);
  });

  test.each<[string, number, BodyInit, Record<string, string>]>([
    ['broken JSON', 400, '[{', {}],
    ['an empty body', 400, '', {}],
    ['broken gzip', 400, '[]', { 'content-encoding': 'gzip' }],
    ['gzip that is cut', 400, gzipSync('[{"metric":"cut","value":1}]').subarray(0, -4), { 'content-encoding': 'gzip' }],
    ['a gzip bomb', 413, gzipSync(Buffer.alloc(1_000_000, ' ')), { 'content-encoding': 'gzip' }],
    ['a body above the limit', 413, ' '.repeat(65_537), {}],
    ['a wrong content type', 415, '[]', { 'content-type': 'text/plain' }],
    ['an unknown encoding', 415, '[]', { 'content-encoding': 'br' }],
  ])('as %s answers a problem of status %i', async (_title, status, body, headers) => {
    for (const path of ['/v1/heartbeats', '/v1/events', '/v1/samples']) {
      await expectProblem(await send(path, body, headers), status);
    }
  });

  test('counts what became of the records', async () => {
    const text = await (await service.request('/metrics')).text();
    expect(text).toMatch(/fleetcast_ingest_records_total\{kind="heartbeats",outcome="stored"\} 1\n/);
    expect(text).toMatch(/fleetcast_ingest_records_total\{kind="samples",outcome="refused"\} 4\n/);
  });
});
