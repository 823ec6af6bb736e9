import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program that some tests need and that a machine may lack. */
export interface OptionalServer {
  /** The tests that are skipped without it. */
  tests: string;
  missing: string;
  remedy: string;
  isAvailable(): boolean;
}

/** What `npm test` looks for before it starts; it says in one line each what it did not find. */
export const optionalServers: readonly OptionalServer[] = [
  {
    tests: 'PostgreSQL store tests',
    missing: 'no postgresql server binaries were found',
    remedy: 'on Debian: apt-get install postgresql',
    isAvailable: () => Boolean(process.env.TEST_DATABASE_URL) || findPostgresDirectory() !== undefined,
  },
  {
    tests: 'ClickHouse store tests',
    missing: 'the package chdb could not be loaded',
    remedy: 'npm install on Linux or macOS, with optional packages',
    isAvailable: hasChdb,
  },
  {
    tests: 'Prometheus rule tests',
    missing: 'promtool was not found',
    remedy: 'on Debian: apt-get install prometheus',
    isAvailable: () => findExecutable('promtool') !== undefined,
  },
  {
    tests: 'the test of remote write by a real Prometheus',
    missing: 'prometheus was not found',
    remedy: 'on Debian: apt-get install prometheus',
    isAvailable: () => findExecutable('prometheus') !== undefined,
  },
  {
    tests: 'Alertmanager tests',
    missing: 'prometheus-alertmanager and amtool were not found',
    remedy: 'on Debian: apt-get install prometheus-alertmanager',
    isAvailable: () => findAlertmanager() !== undefined && findExecutable('amtool') !== undefined,
  },
  {
    tests: 'browser tests of the console',
    missing: 'chromium was not found',
    remedy: 'on Debian: apt-get install chromium',
    isAvailable: () => findChromium() !== undefined,
  },
];

/** The full path of the first of `names` that is on PATH or in `directories`. */
export function findExecutable(
  names: string | readonly string[],
  directories: readonly string[] = [],
): string | undefined {
  const folders = [...directories, ...(process.env.PATH ?? '').split(delimiter)].filter(Boolean);
  const candidates = [names].flat().flatMap((name) => folders.map((folder) => join(folder, name)));
  return candidates.find(isExecutable);
}

/** The folder that holds `initdb` and `postgres`, the newest release first; Debian keeps it off PATH. */
export function findPostgresDirectory(): string | undefined {
  const releases = listDirectory('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a));
  const folders = [
    ...releases.map((release) => `/usr/lib/postgresql/${release}/bin`),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => isExecutable(join(folder, name))));
}

export function findAlertmanager(): string | undefined {
  return findExecutable(['prometheus-alertmanager', 'alertmanager']);
}

export function findChromium(): string | undefined {
  return findExecutable(['chromium', 'chromium-browser', 'google-chrome'], ['/usr/bin']);
}

/** Whether chDB loads here, tried in a process of its own: a native library may end the process that loads it. */
export function hasChdb(): boolean {
  const { status } = spawnSync(process.execPath, ['-e', "require('chdb')"], {
    cwd: import.meta.dirname,
    stdio: 'ignore',
    timeout: 30_000,
  });
  return status === 0;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function listDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
