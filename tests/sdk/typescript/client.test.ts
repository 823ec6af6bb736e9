import { describe, expect, it } from 'vitest';
import type { Run } from '../../../sdk/typescript/answers.ts';
import { createFleetcastClient } from '../../../sdk/typescript/client.ts';
import { FleetcastError } from '../../../sdk/typescript/error.ts';
import { freePort } from '../../support/ports.ts';
import { acceptAll, scriptedServer } from './server.ts';

/** Waits in no time and remembers for how long it was asked to wait. */
function patience() {
  const delaysMs: number[] = [];
  const sleep = async (delayMs: number) => {
    delaysMs.push(delayMs);
  };
  return { delaysMs, sleep };
}

const samples = (count: number) => Array.from({ length: count }, (_, i) => ({ metric: 'm', value: i }));

describe('sending', () => {
  it('cuts records into requests under the limits and gives each record once, in order', async () => {
    await using server = await scriptedServer(acceptAll);
    const fleetcast = createFleetcastClient({ url: server.url });
    const result = await fleetcast.samples(samples(25), { maxRecords: 10, backfill: true });
    expect(result).toEqual({ accepted: 25, refused: 0, errors: [] });
    expect(server.received.map(({ url }) => url)).toEqual(Array(3).fill('/v1/samples?backfill=true'));
    expect(server.received.flatMap(({ body }) => JSON.parse(body))).toEqual(samples(25));
  });

  it('sends the key, and gzip above the limit', async () => {
    await using server = await scriptedServer(acceptAll);
    const fleetcast = createFleetcastClient({ url: server.url, apiKey: 'secret', gzipAboveBytes: 1000 });
    await fleetcast.samples(samples(100));
    await fleetcast.samples(samples(1));
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer secret', 'Bearer secret']);
    expect(server.received.map(({ headers }) => headers['content-encoding'])).toEqual(['gzip', undefined]);
    expect(JSON.parse(server.received[0]!.body)).toHaveLength(100);
  });

  it('has as many requests on the way as `concurrency`, and never more', async () => {
    let onTheWay = 0;
    let most = 0;
    const { promise: full, resolve } = Promise.withResolvers<void>();
    await using server = await scriptedServer(async (request) => {
      most = Math.max(most, ++onTheWay);
      if (onTheWay === 3) resolve();
      await full;
      onTheWay--;
      return acceptAll(request);
    });
    const fleetcast = createFleetcastClient({ url: server.url });
    const { accepted } = await fleetcast.samples(samples(40), { maxRecords: 2, concurrency: 3 });
    expect({ accepted, most }).toEqual({ accepted: 40, most: 3 });
  });

  it('counts what is refused and points at the record among all that were given', async () => {
    await using server = await scriptedServer((request, place) =>
      place === 0
        ? acceptAll(request)
        : { status: 422, body: { accepted: 1, refused: 1, errors: [{ pointer: '/1/value', detail: 'bad' }] } },
    );
    const fleetcast = createFleetcastClient({ url: server.url });
    const result = await fleetcast.samples(samples(4), { maxRecords: 2 });
    expect(result).toEqual({ accepted: 3, refused: 1, errors: [{ pointer: '/3/value', detail: 'bad' }] });
  });

  it('fails when a request fails for good, though others are on the way', async () => {
    await using server = await scriptedServer((request, place) =>
      place === 1 ? { status: 413, body: { title: 'Payload too large' } } : acceptAll(request),
    );
    const fleetcast = createFleetcastClient({ url: server.url });
    const sent = fleetcast.samples(samples(50), { maxRecords: 1, concurrency: 4 });
    await expect(sent).rejects.toMatchObject({ status: 413, message: 'POST /v1/samples: 413 Payload too large' });
    expect(server.received.length).toBeLessThan(50);
  });

  it('does not take an answer that leaves records unaccounted for', async () => {
    await using server = await scriptedServer(() => ({ body: { accepted: 1, refused: 0 } }));
    const fleetcast = createFleetcastClient({ url: server.url });
    await expect(fleetcast.samples(samples(2))).rejects.toThrow(/does not account for the 2 records/);
  });
});

describe('trying again', () => {
  it('waits as long as Retry-After says', async () => {
    const { delaysMs, sleep } = patience();
    await using server = await scriptedServer((request, place) =>
      place < 2 ? { status: place === 0 ? 429 : 503, headers: { 'retry-after': '7' } } : acceptAll(request),
    );
    const fleetcast = createFleetcastClient({ url: server.url, sleep });
    expect((await fleetcast.samples(samples(3))).accepted).toBe(3);
    expect(delaysMs).toEqual([7000, 7000]);
    expect(new Set(server.received.map(({ body }) => body)).size).toBe(1);
  });

  it('stops after the given number of attempts, each later than the one before', async () => {
    const { delaysMs, sleep } = patience();
    await using server = await scriptedServer(() => ({ status: 503, body: { title: 'Unavailable' } }));
    const fleetcast = createFleetcastClient({ url: server.url, sleep, attempts: 4 });
    await expect(fleetcast.agents()).rejects.toMatchObject({ status: 503 });
    expect(server.received).toHaveLength(4);
    expect(delaysMs.length).toBe(3);
    expect(delaysMs).toEqual(delaysMs.toSorted((a, b) => a - b));
  });

  it('does not come back when the service asks for more patience than it has', async () => {
    await using server = await scriptedServer(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
    const fleetcast = createFleetcastClient({ url: server.url });
    await expect(fleetcast.agents()).rejects.toMatchObject({ status: 429, retryAfterSeconds: 3600 });
    expect(server.received).toHaveLength(1);
  });

  it('does not repeat a request that is wrong, and says which field', async () => {
    const problem = { status: 400, detail: 'bad query', errors: [{ pointer: '/from', detail: 'not a time' }] };
    await using server = await scriptedServer(() => ({ status: 400, body: problem }));
    const fleetcast = createFleetcastClient({ url: server.url });
    const error = await fleetcast.slos().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FleetcastError);
    expect(error).toMatchObject({ problem, message: 'GET /v1/slos: 400 bad query; /from: not a time' });
    expect(server.received).toHaveLength(1);
  });

  it('says that nobody listens, after trying', async () => {
    const { delaysMs, sleep } = patience();
    const fleetcast = createFleetcastClient({ url: `http://127.0.0.1:${await freePort()}`, sleep, attempts: 3 });
    const error = await fleetcast.status().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ isRefused: true, status: undefined });
    expect(delaysMs).toHaveLength(2);
  });

  it('ends at once when it is aborted, also between two attempts', async () => {
    const stop = new AbortController();
    await using server = await scriptedServer(() => {
      setImmediate(() => stop.abort());
      return { status: 503, headers: { 'retry-after': '20' } };
    });
    const fleetcast = createFleetcastClient({ url: server.url });
    await expect(fleetcast.agents({}, { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.received).toHaveLength(1);
  });
});

describe('reading', () => {
  it('follows the cursor of a list to its end, with the filters on each page', async () => {
    await using server = await scriptedServer((_, place) => ({
      body: { items: [{ agent: `a${place}` }], nextCursor: place < 2 ? `c${place}` : null },
    }));
    const agents = await createFleetcastClient({ url: server.url }).agents({ type: 'testing', state: 'up' });
    expect(agents.map(({ agent }) => agent)).toEqual(['a0', 'a1', 'a2']);
    expect(server.received.map(({ url }) => url)).toEqual([
      '/v1/agents?limit=1000&type=testing&state=up',
      '/v1/agents?limit=1000&type=testing&state=up&cursor=c0',
      '/v1/agents?limit=1000&type=testing&state=up&cursor=c1',
    ]);
  });

  it('spells filters as the API does: labels by name, times in ISO 8601', async () => {
    await using server = await scriptedServer(() => ({ body: { items: [], nextCursor: null } }));
    const fleetcast = createFleetcastClient({ url: `${server.url}/` });
    await fleetcast.series({ metric: 'm', labels: { region: 'a b' } });
    await fleetcast.anomalies({ from: 0, to: new Date(1000), open: false, minScore: 2 });
    await fleetcast.points('12', { step: 'raw', from: '2026-01-01T00:00:00Z' });
    expect(server.received.map(({ url }) => url)).toEqual([
      '/v1/series?limit=1000&metric=m&label.region=a+b',
      '/v1/anomalies?limit=1000&from=1970-01-01T00%3A00%3A00.000Z&to=1970-01-01T00%3A00%3A01.000Z&open=false&minScore=2',
      '/v1/series/12/points?step=raw&from=2026-01-01T00%3A00%3A00Z',
    ]);
  });

  it('runs a job over a window and follows the run until it has ended, though it failed', async () => {
    const run = (status: Run['status'], progressRatio: number) => ({ id: 'r1', job: 'detect', status, progressRatio });
    const states = [run('running', 0), run('running', 0.5), run('failed', 0.5)];
    await using server = await scriptedServer((_, place) => ({ status: place === 0 ? 202 : 200, body: states[place] }));
    const fleetcast = createFleetcastClient({ url: server.url });
    const seen: number[] = [];
    const started = await fleetcast.runJob('detect', { from: 0, to: 60_000 });
    const ended = await fleetcast.waitForRun(started, {
      pollIntervalMs: 1,
      onProgress: ({ progressRatio }) => seen.push(progressRatio),
    });
    expect(ended.status).toBe('failed');
    expect(seen).toEqual([0.5, 0.5]);
    expect(server.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /v1/jobs/detect/runs',
      'GET /v1/jobs/detect/runs/r1',
      'GET /v1/jobs/detect/runs/r1',
    ]);
    expect(JSON.parse(server.received[0]!.body)).toEqual({
      from: '1970-01-01T00:00:00.000Z',
      to: '1970-01-01T00:01:00.000Z',
    });
  });
});
