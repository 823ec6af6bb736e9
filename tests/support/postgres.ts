import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { eventually } from './eventually.ts';
import { freePort } from './ports.ts';
import { findPostgresDirectory } from './servers.ts';

const run = promisify(execFile);

export interface PostgresServer {
  /** Of the superuser, with its password, on the database `postgres`. */
  url: string;
  stop(): Promise<void>;
}

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/**
 * Starts PostgreSQL on a free port of 127.0.0.1, with its data in a temporary folder. The server and its folder are gone
 * after `stop()`, and also after the death of this process, whatever ended it.
 *
 * @throws when no server binaries are found (`findPostgresDirectory`) or when the server does not come up
 */
export async function startPostgres(): Promise<PostgresServer> {
  const binaries = findPostgresDirectory();
  if (!binaries) throw new Error('no postgresql server binaries were found');
  const owner = await unprivilegedUser();
  const folder = await mkdtemp(join(tmpdir(), 'fleetcast-postgres-'));
  const password = randomBytes(12).toString('hex');
  await writeFile(join(folder, 'password'), password);
  if (owner) for (const path of [folder, join(folder, 'password')]) await chown(path, owner.uid, owner.gid);
  const port = await freePort();
  const guard = spawnGuarded(binaries, folder, port, owner);
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  try {
    await untilReady(url, guard);
  } catch (error) {
    await stopGuarded(guard);
    throw error;
  }
  return { url, stop: () => stopGuarded(guard) };
}

/**
 * A new empty database on the server at `serverUrl`, so that test files do not see each other's tables.
 *
 * @param serverUrl defaults to TEST_DATABASE_URL, which `npm test` sets
 */
export async function createDatabase(serverUrl = process.env.TEST_DATABASE_URL): Promise<TestDatabase> {
  if (!serverUrl) throw new Error('TEST_DATABASE_URL is not set; run the tests through npm test');
  const name = `fleetcast_test_${randomBytes(6).toString('hex')}`;
  await queryOnce(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => void (await queryOnce(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  };
}

/** Runs one statement on a connection of its own and returns its rows. */
export async function queryOnce(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  // A server that goes away fails the statement; without a listener it would also end this process.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

interface Owner {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root; `undefined` means that this process may run it as it is. */
async function unprivilegedUser(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = async (user: string, flag: string) => Number((await run('id', [flag, user])).stdout);
  const user = await run('id', ['postgres']).then(
    () => 'postgres',
    () => 'nobody',
  );
  return { uid: await idOf(user, '-u'), gid: await idOf(user, '-g') };
}

/** Nothing here outlives the run, so nothing waits for the disk. */
function serverOptions(port: number): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/**
 * Makes the cluster and runs the server under a shell that holds our end of a pipe: when the pipe closes, by
 * `stopGuarded` or because this process died, the shell ends the server and removes the folder. It repeats the signal,
 * which a server that has only begun to start does not hear yet, and the removal, which a last write may disturb.
 */
const guardScript = `binaries=$1; folder=$2; shift 2; exec 3<&0
trap '' PIPE; trap 'for try in 1 2 3 4 5; do rm -rf "$folder" && break; sleep 0.2; done 2>/dev/null' EXIT
"$binaries/initdb" --pgdata "$folder/data" --username postgres --pwfile "$folder/password" \\
  --auth scram-sha-256 --encoding UTF8 --locale C --no-sync >/dev/null || exit
"$binaries/postgres" -D "$folder/data" "$@" & server=$!
(while read -r _; do :; done <&3; while kill -QUIT $server; do sleep 0.1; done) 2>/dev/null & watch=$!
wait $server; code=$?; kill $watch; exit $code`;

function spawnGuarded(binaries: string, folder: string, port: number, owner: Owner | undefined): ChildProcess {
  return spawn('sh', ['-c', guardScript, 'sh', binaries, folder, ...serverOptions(port)], {
    ...owner,
    cwd: tmpdir(),
    // A group of its own: Ctrl-C reaches us, and the guard learns of it by the pipe.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
}

async function stopGuarded(guard: ChildProcess): Promise<void> {
  if (guard.exitCode !== null || guard.signalCode !== null) return;
  const exit = once(guard, 'exit');
  guard.stdin?.end();
  await exit;
}

async function untilReady(url: string, guard: ChildProcess): Promise<void> {
  let log = '';
  guard.stderr?.on('data', (chunk: Buffer) => {
    log = (log + chunk).slice(-4000);
  });
  const ended = once(guard, 'exit').then(() => {
    throw new Error(`postgres ended before it was ready:\n${log}`);
  });
  ended.catch(() => {});
  const ready = eventually(() => guard.exitCode !== null || answers(url), { what: 'a connection to postgres' });
  await Promise.race([ended, ready]);
}

async function answers(url: string): Promise<boolean> {
  await queryOnce(url, 'SELECT 1');
  return true;
}
