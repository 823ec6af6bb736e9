import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineQuery } from '../../store/query.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { expectProblem } from '../support/problem.ts';
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

  test('is not made up for events: without one, they have none', async () => {
    expect((await service.post('/v1/events', event('c'))).status).toBe(200);
    expect(await stored('c')).toEqual({ correlation_id: '', traceparent: '' });
  });

  test('of an event that is no traceparent is refused by name', async () => {
    const { errors } = await expectProblem(await service.post('/v1/events', event('d', { traceparent: 'x' })), 422);
    expect(errors).toMatchObject([{ pointer: '/traceparent' }]);
  });
});
