import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineQuery } from '../../store/query.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { expectProblem } from '../support/problem.ts';
import { remoteWriteRequest, writeRequestV1 } from '../support/remote-write.ts';
import { hasChdb } from '../support/servers.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parent = `00-${traceId}-b7ad6b7169203331-01`;
const another = `00-${traceId}-00f067aa0ba902b7-00`;

const eventsOf = defineQuery({
  name: 'events_of_test',
  sql: `SELECT correlation_id, attributes['traceparent'] AS traceparent FROM task_events WHERE task = {task:String}`,
  params: z.object({ task: z.string() }),
  row: z.object({ correlation_id: z.string(), traceparent: z.string() }),
});

describe.skipIf(!hasChdb())('the trace of a request', () => {
  let service: TestApp;
  beforeAll(async () => {
    service = await startTestApp();
  });
  afterAll(() => service?.close());

  async function stored(task: string) {
    await eventually(async () => (await service.telemetry.query(eventsOf, { task })).length > 0);
    return (await service.telemetry.query(eventsOf, { task }))[0];
  }
  const event = (task: string, rest: object = {}) => ({ task, kind: 'k', state: 'succeeded', ...rest });

  test('is answered back: the same trace by another span, and the same correlation id', async () => {
    const headers = { traceparent: parent, 'x-correlation-id': 'order 4711' };
    for (const path of ['/v1/agents', '/v1/series/7', '/livez']) {
      const response = await service.request(path, { headers });
      expect(response.headers.get('x-correlation-id')).toBe('order 4711');
      expect(response.headers.get('traceparent')).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
      expect(response.headers.get('traceparent')).not.toBe(parent);
    }
  });

  test('that is not well formed is taken as not sent; a correlation id is made, by which the log can be searched', async () => {
    const headers = { traceparent: '00-zz', 'x-correlation-id': 'x'.repeat(201) };
    const response = await service.request('/v1/agents', { headers });
    expect(response.status).toBe(200);
    expect(response.headers.get('traceparent')).toBeNull();
    expect(response.headers.get('x-correlation-id')).toMatch(/^[0-9a-f]{16}$/);
  });

  test('is kept with the events that it brings, but for what they say themselves', async () => {
    const headers = { traceparent: parent, 'x-correlation-id': 'order-1' };
    const own = { correlationId: 'mine', traceparent: another };
    expect((await service.post('/v1/events', [event('a'), event('b', own)], headers)).status).toBe(200);
    expect(await stored('a')).toEqual({ correlation_id: 'order-1', traceparent: parent });
    expect(await stored('b')).toEqual({ correlation_id: 'mine', traceparent: another });
  });

  test('stands in the body of a problem as well, by either name that senders have for it', async () => {
    for (const name of ['x-correlation-id', 'x-request-id']) {
      const response = await service.request('/v1/series/7', { headers: { [name]: 'order-2' } });
      expect(response.headers.get('x-correlation-id')).toBe('order-2');
      expect(await expectProblem(response, 404)).toMatchObject({ correlationId: 'order-2' });
    }
  });

  test('is answered back by every dialect, in success and in error', async () => {
    const headers = { traceparent: parent, 'x-correlation-id': 'order-3' };
    const requests: [path: string, init: RequestInit][] = [
      ['/v1/samples', { headers: { 'content-type': 'application/x-ndjson' }, body: '{"metric":"m","value":1}' }],
      ['/v1/events', { headers: { 'content-type': 'application/cloudevents+json' }, body: '{}' }],
      ['/v1/metrics', { headers: { 'content-type': 'application/json' }, body: '{}' }],
      ['/v1/traces', { headers: { 'content-type': 'application/x-protobuf' }, body: 'broken' }],
      ['/v1/logs', { headers: { 'content-type': 'text/plain' }, body: '' }],
      ['/api/v1/write', remoteWriteRequest(writeRequestV1([]), 1)],
      ['/api/v1/write', { headers: {}, body: 'broken' }],
    ];
    for (const [path, init] of requests) {
      const both = { ...(init.headers as Record<string, string>), ...headers };
      const response = await service.request(path, { ...init, method: 'POST', headers: both });
      expect(response.headers.get('x-correlation-id'), path).toBe('order-3');
      expect(response.headers.get('traceparent'), path).toContain(traceId);
    }
  });

  test('of a span or a log record is kept with the event that it tells, in place of that of the export', async () => {
    const [ofSpan, ofLog] = [`00-${traceId}-1111111111111111-01`, `00-${traceId}-2222222222222222-01`];
    const at = `${Date.now()}000000`;
    const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
    const attributes = [text('gen_ai.operation.name', 'execute_tool'), text('gen_ai.tool.name', 'search')];
    const span = {
      traceId,
      spanId: '1111111111111111',
      name: 's',
      startTimeUnixNano: at,
      endTimeUnixNano: at,
      attributes,
    };
    const log = { timeUnixNano: at, severityNumber: 17, traceId, spanId: '2222222222222222' };
    const logRecords = [{ ...log, body: { stringValue: 'boom' }, attributes: [text('task.id', 'of-log')] }];
    const headers = { traceparent: parent };
    await service.post('/v1/traces', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }, headers);
    await service.post('/v1/logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] }, headers);
    expect(await stored('1111111111111111')).toEqual({ correlation_id: traceId, traceparent: ofSpan });
    expect(await stored('of-log')).toEqual({ correlation_id: traceId, traceparent: ofLog });
  });

  test('is not made up for events: without one, they have none', async () => {
    expect((await service.post('/v1/events', event('c'))).status).toBe(200);
    expect(await stored('c')).toEqual({ correlation_id: '', traceparent: '' });
  });

  test('of an event that is no traceparent is refused by name', async () => {
    const { errors } = await expectProblem(await service.post('/v1/events', event('d', { traceparent: 'x' })), 422);
    expect(errors).toMatchObject([{ pointer: '/traceparent' }]);
  });
});
