import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../../api/listen.ts';
import { advanceWatermark } from '../../store/records/job-runs.ts';
import { anomaliesTable } from '../../store/tables.ts';
import { runWindow } from '../analytics/workbench.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

const minute = 60_000;
const now = new Date(Math.floor(Date.now() / minute) * minute);
const ago = (minutes: number) => now.getTime() - minutes * minute;
const until = Math.floor(now.getTime() / 86_400_000) + 400;

interface Message {
  event: string;
  id?: string;
  data: Record<string, unknown>;
}

describe.skipIf(!hasChdb())('the stream', () => {
  let service: TestApp;
  let series: string;
  let clock = now;
  const open: ReadableStreamDefaultReader[] = [];

  beforeAll(async () => {
    service = await startTestApp({ now: () => clock, env: { FLEETCAST_STREAM_STALL_SECONDS: '1' } });
    await service.post('/v1/heartbeats', [{ agent: 'a', type: 't', time: ago(20) }]);
    await service.post('/v1/samples', { metric: 'cpu_ratio', value: 1, agent: 'a', time: ago(20) });
    series = (await service.get<{ items: { id: string }[] }>('/v1/series?metric=cpu_ratio')).items[0]!.id;
    for (const job of ['liveness', 'detect', 'incidents']) await advanceWatermark(service.state, job, ago(30));
  });
  afterEach(async () => {
    for (const reader of open.splice(0)) await reader.cancel();
  });
  afterAll(() => service?.close());

  /** Reads messages one after the other; comments are messages without an event. */
  async function* follow(headers: Record<string, string> = {}): AsyncGenerator<Message> {
    const response = await service.request('/v1/stream', { headers: { accept: 'text/event-stream', ...headers } });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    open.push(reader);
    let text = '';
    for (;;) {
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        const fields = new Map(
          text
            .slice(0, end)
            .split('\n')
            .map((line) => line.split(/: ?(.*)/s).slice(0, 2) as [string, string]),
        );
        text = text.slice(end + 2);
        const id = fields.get('id');
        yield {
          event: fields.get('event') ?? '',
          data: JSON.parse(fields.get('data') ?? '{}'),
          ...(id !== undefined && { id }),
        };
      }
      const { value, done } = await reader.read();
      if (done) return;
      text += value;
    }
  }

  async function next(messages: AsyncGenerator<Message>, count: number): Promise<Message[]> {
    const read: Message[] = [];
    while (read.length < count) read.push((await messages.next()).value as Message);
    return read;
  }

  async function run(job: string, from: number, to: number) {
    await runWindow(service.jobs.find(({ id }) => id === job)!, from, to, { retainFromDay: until - 400 });
    await advanceWatermark(service.state, job, to);
  }

  const anomaly = (start: number, end: number | null, asOf: number) =>
    service.telemetry.insert(anomaliesTable, [
      {
        ...{
          tenant: 'default',
          anomaly_id: `${series}-${start}`,
          series_id: series,
          detector: 'seasonal-band',
          started_at: ago(start),
        },
        ...{
          ended_at: end === null ? null : ago(end),
          peak_at: ago(start),
          peak_score: 4,
          peak_value: 9,
          expected: 1,
          lower: 0,
        },
        ...{ upper: 2, maturity: 1, reason: 'is above', as_of: asOf, until, withdrawn: 0, held_back_by: '' },
      },
    ]);

  test('tells of agents, anomalies and incidents as their jobs find them, and goes on where a client was', async () => {
    const messages = follow();
    const [hello] = await next(messages, 1);
    expect(hello).toMatchObject({ event: 'hello', id: `${ago(30)}.${ago(30)}.${ago(30)}` });
    await run('liveness', ago(30), ago(19));
    expect(await next(messages, 1)).toMatchObject([{ event: 'agent.new', data: { agent: 'a' } }]);
    await anomaly(15, null, ago(14));
    await advanceWatermark(service.state, 'detect', ago(14));
    const [opened] = await next(messages, 1);
    expect(opened).toMatchObject({
      event: 'anomaly.opened',
      data: { metric: 'cpu_ratio', labels: { agent: 'a' }, endedAt: null },
    });
    await run('incidents', ago(30), ago(14));
    const [incident] = await next(messages, 1);
    expect(incident).toMatchObject({
      event: 'incident.opened',
      data: { title: 'a: cpu_ratio is above', endedAt: null },
    });
    expect(incident!.id).toBe(`${ago(14)}.${ago(14)}.${ago(19)}`);
    // Meanwhile it was away: the store has what it missed.
    await anomaly(15, 10, ago(5));
    await advanceWatermark(service.state, 'detect', ago(5));
    await run('incidents', ago(14), ago(5));
    const later = follow({ 'last-event-id': opened!.id! });
    const missed = await next(later, 3);
    expect(missed.map(({ event }) => event)).toEqual(['hello', 'anomaly.closed', 'incident.closed']);
  });

  test('keeps the connection alive with comments while nothing happens', async () => {
    const messages = follow();
    await next(messages, 1);
    clock = new Date(clock.getTime() + minute);
    expect(await next(messages, 1)).toEqual([{ event: '', data: {} }]);
  });

  test('ends after a quarter of an hour, so that a key that was revoked reads no longer, and frees its place', async () => {
    const clients = async () => (await service.metrics.streamClients.get()).values[0]!.value;
    const before = await clients();
    const messages = follow();
    await next(messages, 1);
    expect(await clients()).toBe(before + 1);
    clock = new Date(clock.getTime() + 15 * minute);
    const rest: Message[] = [];
    for await (const message of messages) rest.push(message);
    expect(rest.filter(({ event }) => event !== '')).toEqual([]);
    await eventually(async () => (await clients()) <= before);
  });

  test('answers a client that does not stream with what happened since', async () => {
    const page = await service.get<{ items: Message[]; nextCursor: string }>(
      `/v1/stream?cursor=${ago(30)}.${ago(30)}.${ago(30)}`,
    );
    expect(page.items.map(({ event }) => event)).toEqual([
      'agent.new',
      'anomaly.opened',
      'anomaly.closed',
      'incident.closed',
    ]);
    expect((await service.get<{ items: Message[] }>(`/v1/stream?cursor=${page.nextCursor}`)).items).toEqual([]);
  });

  test('gives a flood of events whole, in parts that end with a cursor', async () => {
    const [from, to] = [ago(4), ago(1)];
    const rows = Array.from({ length: 2500 }, (_, i) => ({
      ...{ tenant: 'default', anomaly_id: `flood-${i}`, series_id: series, detector: 'composite' },
      ...{ started_at: from + i, ended_at: from + i, peak_at: from + i, peak_score: 2, peak_value: 9, expected: 1 },
      ...{ lower: 0, upper: 2, maturity: 1, reason: 'is above', until, withdrawn: 0, held_back_by: '' },
      // Of the second run come more at once than are read at once.
      as_of: i < 600 ? ago(3) : i < 2000 ? ago(2) : ago(1),
    }));
    await service.telemetry.insert(anomaliesTable, rows);
    for (const job of ['liveness', 'detect', 'incidents']) await advanceWatermark(service.state, job, to);
    const ids: unknown[] = [];
    const sizes: number[] = [];
    let cursor = `${from}.${to}.${to}`;
    for (let page: { items: Message[]; nextCursor: string } | undefined; page?.items.length !== 0; ) {
      page = await service.get<{ items: Message[]; nextCursor: string }>(`/v1/stream?cursor=${cursor}`);
      const closed = page.items.filter(({ event }) => event === 'anomaly.closed');
      ids.push(...closed.map(({ data }) => data.id));
      sizes.push(closed.length);
      cursor = page.nextCursor;
    }
    expect(sizes).toEqual([2000, 500, 0]);
    expect(new Set(ids).size).toBe(2500);
  });

  test('cuts off a client that does not read, holding little for it, and loses nothing of what it missed', async () => {
    const server = await listen(service.app, { host: '127.0.0.1', port: 0 });
    const [from, to] = [ago(1), ago(0)];
    // More than the buffers of a connection hold: 15 MB.
    const rows = Array.from({ length: 2500 }, (_, i) => ({
      ...{
        tenant: 'default',
        anomaly_id: `unread-${i}`,
        series_id: series,
        detector: 'composite',
        started_at: from + i,
      },
      ...{ ended_at: from + i, peak_at: from + i, peak_score: 2, peak_value: 9, expected: 1, lower: 0, upper: 2 },
      ...{ maturity: 1, reason: 'x'.repeat(3000), until, withdrawn: 0, held_back_by: '', as_of: from + i + 1 },
    }));
    await service.telemetry.insert(anomaliesTable, rows);
    for (const job of ['liveness', 'detect', 'incidents']) await advanceWatermark(service.state, job, to);
    const stalls = async () => (await service.metrics.streamStalls.get()).values[0]!.value;
    const clients = async () => (await service.metrics.streamClients.get()).values[0]!.value;
    const before = await clients();
    async function ask(cursor: string) {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      await once(socket, 'connect');
      socket.write(
        `GET /v1/stream HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nLast-Event-ID: ${cursor}\r\n\r\n`,
      );
      return socket.setEncoding('utf8');
    }
    const idsIn = (read: string) => [...read.matchAll(/"id":"(unread-\d+)"/g)].map(([, id]) => id!);

    const stuck = await ask(`${from}.${to}.${to}`);
    await once(stuck, 'readable');
    await eventually(async () => (await stalls()) === 1 && (await clients()) === before);
    // What came after the last id comes again.
    const [seen, cursor] = (await text(stuck)).match(/^.*\nid: (\S+)\n/s)!;
    const got = new Set(idsIn(seen));
    expect(got.size).toBeLessThan(rows.length);

    const again = await ask(cursor!);
    let rest = '';
    for await (const chunk of again) {
      rest += chunk;
      const end = rest.lastIndexOf('\n\n');
      for (const id of idsIn(rest.slice(0, end))) got.add(id);
      rest = rest.slice(end);
      if (got.size === rows.length) break;
    }
    expect(got.size).toBe(rows.length);
    await server.close();
  });

  test('is refused with a cursor that is none', async () => {
    await expectProblem(await service.request('/v1/stream?cursor=x'), 400);
  });
});
