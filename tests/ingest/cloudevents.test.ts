import { CloudEvent, emitterFor, HTTP, httpTransport, type Message, Mode } from 'cloudevents';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { listen } from '../../api/listen.ts';
import { defineQuery } from '../../store/query.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { hasChdb } from '../support/servers.ts';

const eventsOfTask = defineQuery({
  name: 'test_events_of_task',
  sql: `SELECT event_id, task, kind, state, agent, duration_seconds, correlation_id, attributes, toUnixTimestamp64Milli(time) AS time
    FROM task_events FINAL WHERE task = {task:String} ORDER BY time`,
  params: z.object({ task: z.string() }),
  row: z.looseObject({ event_id: z.string() }),
});

describe.skipIf(!hasChdb())('CloudEvents on /v1/events', () => {
  let service: TestApp;

  beforeAll(async () => {
    service = await startTestApp();
  });
  afterAll(() => service?.close());

  const post = (body: string, headers: Record<string, string>) =>
    service.request('/v1/events', { method: 'POST', body, headers });
  /** What the SDK made of an event, posted as it is. */
  const send = ({ headers, body }: Message) => post(body as string, headers as Record<string, string>);
  async function stored(task: string) {
    await service.request('/v1/series');
    return service.telemetry.query(eventsOfTask, { task });
  }
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const time = new Date(Date.now() - 60_000).toISOString();
  const eventOf = (id: string, subject: string) =>
    new CloudEvent({
      id,
      subject,
      time,
      type: 'com.example.build.succeeded',
      source: '/runners/7',
      traceparent,
      data: { durationSeconds: 2.5, branch: 'main', size: 3, nested: { ignored: true }, attributes: { zone: 'z' } },
    });
  const expected = (id: string, task: string) => ({
    event_id: `/runners/7#${id}`,
    task,
    kind: 'com.example.build',
    state: 'succeeded',
    agent: '/runners/7',
    duration_seconds: 2.5,
    correlation_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    attributes: { zone: 'z', branch: 'main', size: '3', traceparent },
    time: String(Date.parse(time)),
  });

  test.each(['binary', 'structured'] as const)('the %s mode of the SDK is understood', async (mode) => {
    const task = `täsk-${mode}`;
    const message = HTTP[mode](eventOf(mode, task));
    // The binding writes what is not ASCII in percent.
    if (mode === 'binary') message.headers['ce-subject'] = encodeURIComponent(task);
    const response = await send(message);
    expect([response.status, await response.json()]).toEqual([200, { accepted: 1, refused: 0 }]);
    const events = (await stored(task)).map((event) => ({ ...event, time: String(event.time) }));
    expect(events).toEqual([expected(mode, task)]);
  });

  test('the SDK emits to the service by its own transport, in both of its modes', async () => {
    const server = await listen(service.app, { host: '127.0.0.1', port: 0 });
    try {
      for (const mode of [Mode.BINARY, Mode.STRUCTURED]) {
        const emit = emitterFor(httpTransport(`${server.url}/v1/events`), { binding: HTTP, mode });
        const answer = (await emit(eventOf(`emitted-${mode}`, 'emitted täsk'))) as { body: string };
        expect(JSON.parse(answer.body)).toEqual({ accepted: 1, refused: 0 });
      }
    } finally {
      await server.close();
    }
    expect((await stored('emitted täsk')).map(({ event_id }) => event_id).sort()).toEqual([
      '/runners/7#emitted-binary',
      '/runners/7#emitted-structured',
    ]);
  });

  test('of a batch the good events are stored, and the bad are named', async () => {
    const batch = [eventOf('a', 'batched').toJSON(), { specversion: '1.0', id: 'b' }, eventOf('c', 'batched').toJSON()];
    const response = await post(JSON.stringify(batch), { 'content-type': 'application/cloudevents-batch+json' });
    expect(response.status).toBe(422);
    const { accepted, errors } = (await response.json()) as {
      accepted: number;
      errors: { pointer: string; detail: string }[];
    };
    expect([accepted, errors]).toEqual([
      2,
      [{ pointer: '/1', detail: expect.stringMatching(/not a CloudEvent 1.0: source/) }],
    ]);
    expect((await stored('batched')).map(({ event_id }) => event_id)).toEqual(['/runners/7#a', '/runners/7#c']);
  });

  test('an event that is sent twice is stored once, and the same id of another source is another event', async () => {
    const message = (source: string) =>
      HTTP.structured(new CloudEvent({ id: '7', source, type: 'build.started', subject: 'twice', time }));
    for (const source of ['/a', '/a', '/b']) expect((await send(message(source))).status).toBe(200);
    expect((await stored('twice')).map(({ event_id }) => event_id).sort()).toEqual(['/a#7', '/b#7']);
  });

  test.each([
    ['com.example.job.completed', {}, 'succeeded'],
    ['job.submitted', {}, 'queued'],
    ['com.example.job', { state: 'dead' }, 'dead'],
  ])('the type %s with the data %j says %3$s', async (type, data, state) => {
    const task = `${type}-state`;
    const event = new CloudEvent({ id: task, source: '/s', type, subject: task, data });
    expect((await send(HTTP.structured(event))).status).toBe(200);
    expect(await stored(task)).toMatchObject([{ state }]);
  });

  test.each<[string, number, string, Record<string, string>]>([
    [
      'a type without a state',
      422,
      JSON.stringify({ specversion: '1.0', id: '1', source: '/s', type: 'x', subject: 't' }),
      {},
    ],
    ['another version', 422, JSON.stringify({ specversion: '0.3', id: '1', source: '/s', type: 'x.failed' }), {}],
    ['no JSON', 400, '{', {}],
    ['a batch that is no array', 400, '{}', { 'content-type': 'application/cloudevents-batch+json' }],
  ])('%s is answered with %i', async (_title, status, body, headers) => {
    expect((await post(body, { 'content-type': 'application/cloudevents+json', ...headers })).status).toBe(status);
  });

  test('any JSON is answered with a fault of the sender, and none of ours', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 4 }), fc.boolean(), async (body, isBatch) => {
        const type = `application/cloudevents${isBatch ? '-batch' : ''}+json`;
        expect((await post(body, { 'content-type': type })).status).toBeLessThan(500);
      }),
      { numRuns: 50 },
    );
  });
});
