import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';
import { startService } from '../support/service.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const entry = join(import.meta.dirname, '../../api/main.ts');

interface FailedStart {
  code: number | null;
  stderr: string;
}

/** Starts the service where it is expected to end by itself. */
async function failToStart(env: Record<string, string>): Promise<FailedStart> {
  using directory = temporaryDirectory();
  const child = spawn(process.execPath, [entry], {
    cwd: directory.path,
    env: { PATH: process.env.PATH, FLEETCAST_DATA_DIR: directory.path, FLEETCAST_PORT: '0', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 20_000,
  });
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  return { code: code as number | null, stderr };
}

describe.skipIf(!hasChdb())('a start', () => {
  test('leads to a service that takes records and gives them back, after a restart too', async () => {
    using directory = temporaryDirectory();
    const post = (url: string, kind: string, body: object) =>
      fetch(`${url}/v1/${kind}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const first = await startService({ dataDir: directory.path });
    expect((await post(first.url, 'heartbeats', { agent: 'a', type: 'testing' })).status).toBe(200);
    expect((await post(first.url, 'samples', [{ metric: 'm', value: 7 }])).status).toBe(200);
    await first.kill('SIGTERM');
    const second = await startService({ dataDir: directory.path });
    const get = async (path: string) =>
      (await fetch(second.url + path)).json() as Promise<{ items: Record<string, unknown>[] }>;
    expect((await get('/v1/agents')).items).toMatchObject([{ agent: 'a', type: 'testing', state: 'new' }]);
    const [series] = (await get('/v1/series?metric=m')).items;
    expect(await get(`/v1/series/${series!.id}/points?step=raw`)).toMatchObject({ values: [7] });
    expect(await second.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  test('with auth required refuses requests without a key, and knows the bootstrap key, which it keeps to itself', async () => {
    using directory = temporaryDirectory();
    const key = 'bootstrap-key-of-the-tests-0123456789';
    const env = { FLEETCAST_AUTH: 'required', FLEETCAST_BOOTSTRAP_KEY: key };
    const service = await startService({ dataDir: directory.path, env });
    await expectProblem(await fetch(`${service.url}/v1/agents`), 401);
    await expectProblem(await fetch(`${service.url}/v1/samples`, { method: 'POST', body: '[]' }), 401);
    expect((await fetch(`${service.url}/v1/agents`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
    await service.kill('SIGTERM');
    expect(service.output()).not.toContain(key);
    expect(readFileSync(join(directory.path, 'state.db')).includes(key)).toBe(false);
  });

  const loopbackOnly =
    'is reachable from other machines; allowed: a loopback address (127.0.0.1, ::1, localhost), or auth = "required"';

  test.each<[string, Record<string, string>, string]>([
    [
      'a wrong value',
      { FLEETCAST_PORT: 'http' },
      'port (FLEETCAST_PORT) = "http"; allowed: a port from 0 to 65535; 0 takes any free one',
    ],
    ['an unknown variable', { FLEETCAST_PROT: '1' }, 'FLEETCAST_PROT is not a setting; allowed: '],
    ['all addresses without authentication', { FLEETCAST_HOST: '0.0.0.0' }, `host = "0.0.0.0" ${loopbackOnly}`],
    ['all IPv6 addresses without authentication', { FLEETCAST_HOST: '::' }, `host = "::" ${loopbackOnly}`],
    [
      'the address of another machine',
      { FLEETCAST_HOST: '192.0.2.1', FLEETCAST_AUTH: 'required' },
      'host (FLEETCAST_HOST) = "192.0.2.1" is not an address of this machine',
    ],
    [
      'a URL that is none',
      { DATABASE_URL: 'postgres://user:hunter2@host:port/db' },
      'databaseUrl (DATABASE_URL) = "postgres:(hidden)@host:port/db"; allowed: ',
    ],
    [
      'a file that is missing',
      { FLEETCAST_CONFIG: '/nowhere.yaml' },
      'FLEETCAST_CONFIG = "/nowhere.yaml"; allowed: a YAML file that exists',
    ],
  ])('with %s ends with code 1 and one line that says why', async (_title, env, beginning) => {
    const { code, stderr } = await failToStart(env);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr.startsWith(beginning), stderr).toBe(true);
    expect(code).toBe(1);
  });

  test('with a wrong value in fleetcast.yaml ends with code 1 and one line that says why', async () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, 'settings.yaml');
    writeFileSync(file, 'ingest:\n  drainAgeMs: soon\n');
    const { code, stderr } = await failToStart({ FLEETCAST_CONFIG: file });
    expect([code, stderr]).toEqual([
      1,
      'ingest.drainAgeMs (FLEETCAST_INGEST_DRAIN_AGE_MS) = "soon"; allowed: how long records wait in the spool for company, when nobody waits to read them: 0 to 60000 milliseconds\n',
    ]);
  });

  test('on a port that is taken ends with code 1 and one line that says so', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const { code, stderr } = await failToStart({ FLEETCAST_PORT: String(port) });
    holder.close();
    expect([code, stderr]).toEqual([
      1,
      `port (FLEETCAST_PORT) = ${port} is taken by another process; allowed: a free port\n`,
    ]);
  });

  test('on the data of a service that runs ends with code 1, and leaves that service alone', async () => {
    using directory = temporaryDirectory();
    const service = await startService({ dataDir: directory.path });
    const { code, stderr } = await failToStart({ FLEETCAST_DATA_DIR: directory.path });
    expect(code).toBe(1);
    expect(stderr).toMatch(/lock/i);
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    await service.kill('SIGTERM');
  });
});

test('a start with --help tells the settings and opens nothing', async () => {
  using directory = temporaryDirectory();
  const { stdout } = await promisify(execFile)(process.execPath, [entry, '--help'], { cwd: directory.path });
  expect(stdout).toMatch(/Usage: npm start[\s\S]*FLEETCAST_PORT/);
  expect(readdirSync(directory.path)).toEqual([]);
});
