import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChdb } from '../../support/servers.ts';
import { type Service, startService } from '../../support/service.ts';
import { scriptedServer } from '../typescript/server.ts';

const folder = join(import.meta.dirname, '../../../sdk/python');
const run = promisify(execFile);
const hasPython = await run('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).then(
  () => true,
  () => false,
);
const title = `the client for Python${hasPython ? '' : ' (skipped: python3, 3.9 or later, is not installed)'}`;

/** What a program prints, as JSON; it has the client of the service at `url` as `fleetcast`. */
async function python(url: string, lines: readonly string[]): Promise<unknown> {
  const program = [
    ...['import json', 'from datetime import datetime, timezone', 'from fleetcast import Fleetcast, FleetcastError'],
    `fleetcast = Fleetcast(${JSON.stringify(url)}, api_key="secret")`,
    ...lines,
  ].join('\n');
  const { stdout } = await run('python3', ['-B', '-c', program], { cwd: folder, timeout: 60_000 });
  return JSON.parse(stdout);
}

describe.skipIf(!hasPython)(title, () => {
  test('tries again as the service asks, and gives each record once, in order', async () => {
    await using server = await scriptedServer(({ body }, place) =>
      place === 0
        ? { status: 503, headers: { 'retry-after': '0' } }
        : { body: { accepted: (JSON.parse(body) as unknown[]).length, refused: 0 } },
    );
    const sent = await python(server.url, [
      'records = ({"metric": "m", "value": i} for i in range(5001))',
      'print(json.dumps(fleetcast.samples(records, backfill=True)))',
    ]);
    expect(sent).toEqual({ accepted: 5001, refused: 0, errors: [] });
    expect(server.received.map(({ url }) => url)).toEqual(Array(3).fill('/v1/samples?backfill=true'));
    expect(server.received[1]).toMatchObject({ headers: { authorization: 'Bearer secret' } });
    const values = server.received.slice(1).flatMap(({ body }) => JSON.parse(body) as { value: number }[]);
    expect(values.map(({ value }) => value)).toEqual(Array.from({ length: 5001 }, (_, i) => i));
  });

  test('points to a refused record among all that were sent, and goes on', async () => {
    await using server = await scriptedServer((_, place) => ({
      ...(place === 0
        ? { body: { accepted: 5000, refused: 0 } }
        : {
            status: 422,
            body: { accepted: 0, refused: 1, errors: [{ pointer: '/0/value', detail: 'not a number' }] },
          }),
    }));
    const sent = await python(server.url, ['print(json.dumps(fleetcast.samples({} for _ in range(5001))))']);
    expect(sent).toEqual({ accepted: 5000, refused: 1, errors: [{ pointer: '/5000/value', detail: 'not a number' }] });
  });

  test('reads every page, spells filters as the API does, and tells a failure with its problem', async () => {
    await using server = await scriptedServer(({ url }, place) => {
      if (url.includes('/incidents/')) return { status: 404, body: { title: 'Not found', detail: 'no incident x' } };
      return { body: { items: [{ id: place }], nextCursor: place === 0 ? 'next' : null } };
    });
    const read = await python(server.url, [
      'since = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)',
      'found = [one["id"] for one in fleetcast.anomalies(open=True, min_score=1.5, from_=since, agent=None)]',
      'list(fleetcast.series(labels={"task_kind": "a&b"}))',
      'try:',
      '  fleetcast.acknowledge_incident("i/1", "looking")',
      'except FleetcastError as error:',
      '  print(json.dumps([found, str(error), error.status, error.problem["title"]]))',
    ]);
    expect(read).toEqual([[0, 1], 'POST /v1/incidents/i%2F1/acknowledge: 404 no incident x', 404, 'Not found']);
    const query = 'limit=1000&open=true&minScore=1.5&from=2026-01-31T12%3A00%3A00%2B00%3A00';
    expect(server.received.map(({ url }) => url)).toEqual([
      `/v1/anomalies?${query}`,
      `/v1/anomalies?${query}&cursor=next`,
      '/v1/series?limit=1000&label.task_kind=a%26b',
      '/v1/incidents/i%2F1/acknowledge',
    ]);
    expect(JSON.parse(server.received[3]!.body)).toEqual({ note: 'looking' });
  });

  describe.skipIf(!hasChdb())('with the service', () => {
    let service: Service;

    beforeAll(async () => {
      service = await startService({ env: { FLEETCAST_JOBS_ENABLED: 'false' } });
    });
    afterAll(() => service?.kill());

    test('does what its README shows', async () => {
      const readme = readFileSync(join(folder, 'README.md'), 'utf8').replaceAll('http://127.0.0.1:5005', service.url);
      const programs = [...readme.matchAll(/```python\n([\s\S]*?)```/g)].map(([, program]) => program!);
      expect(programs).toHaveLength(2);
      const read = await python(service.url, [
        ...programs,
        'agent = next(fleetcast.agents(type="testing"))["agent"]',
        'series = next(fleetcast.series(metric="memory_used_bytes"))["id"]',
        'points = fleetcast.points(series, step="raw")["values"]',
        'slos = [slo["id"] for slo in fleetcast.slos()]',
        'nothing = [*fleetcast.forecasts(series), *fleetcast.level_shifts(), *fleetcast.stuck_tasks()]',
        'print(json.dumps([agent, points, slos, nothing, fleetcast.status()["counts"]["agents"]]))',
      ]);
      expect(read).toEqual(['worker-17', [734003200], ['fleet-availability', 'task-success'], [], 1]);
    });
  });
});
