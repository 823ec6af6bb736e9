import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const repository = join(import.meta.dirname, '..');
const pollMs = 20;

/** The service, in a process of its own. */
export interface LaunchedService {
  url: string;
  pid: number;
  /** From the start of the process until `/readyz` said yes. */
  secondsToReady: number;
  /** Resolves when the process has ended, by itself or by `stop`. */
  exited: Promise<void>;
  /** Asks it to stop, and waits. */
  stop(): Promise<void>;
}

export interface LaunchOptions {
  port: number;
  /** Its stores, both embedded, and its log; kept. */
  dataDir: string;
  /** Further settings, as environment variables. */
  settings?: Record<string, string>;
  readyTimeoutSeconds?: number;
}

/**
 * Starts the service with embedded stores in `dataDir` and waits until it is ready. It has its own process group, so
 * that Ctrl-C reaches this process alone, and it ends with this process.
 *
 * @throws Error with the end of its log when it ends before it is ready, or takes too long.
 */
export async function launchService({
  port,
  dataDir,
  settings = {},
  readyTimeoutSeconds = 60,
}: LaunchOptions): Promise<LaunchedService> {
  const folder = resolve(dataDir);
  mkdirSync(folder, { recursive: true });
  const logPath = join(folder, 'service.log');
  const log = createWriteStream(logPath, { flags: 'a' });
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join(repository, 'api/main.ts')], {
    cwd: repository,
    env: { ...process.env, ...settingsOf(port, folder), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const killWithUs = () => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const exited = new Promise<void>((resolveExit) => {
    child.once('close', () => {
      process.off('exit', killWithUs);
      log.end(resolveExit);
    });
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };

  const url = `http://127.0.0.1:${port}`;
  const isReady = await waitUntilReady(url, exited, readyTimeoutSeconds);
  const secondsToReady = (performance.now() - startedAt) / 1000;
  if (isReady) return { url, pid: child.pid!, secondsToReady, exited, stop };
  child.kill('SIGKILL');
  await exited;
  throw new Error(`the service did not start; the end of ${logPath}:\n${readFileSync(logPath, 'utf8').slice(-2000)}`);
}

/** Whether nobody listens on a port of this machine. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolveFree) => {
    server.once('error', () => resolveFree(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolveFree(true)));
  });
}

/** A port of this machine on which nobody listened a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolvePort, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolvePort(port));
    });
  });
}

/** Nothing of this machine's own settings decides where the service listens and what it writes to. */
function settingsOf(port: number, folder: string): Record<string, string> {
  return {
    FLEETCAST_HOST: '127.0.0.1',
    FLEETCAST_PORT: String(port),
    FLEETCAST_AUTH: 'none',
    FLEETCAST_DATA_DIR: folder,
    CLICKHOUSE_URL: `chdb:${join(folder, 'clickhouse')}`,
    DATABASE_URL: `sqlite:${join(folder, 'state.db')}`,
  };
}

async function waitUntilReady(url: string, exited: Promise<void>, timeoutSeconds: number): Promise<boolean> {
  let hasExited = false;
  void exited.then(() => {
    hasExited = true;
  });
  const deadline = performance.now() + timeoutSeconds * 1000;
  while (!hasExited && performance.now() < deadline) {
    const isReady = await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return true;
    await sleep(pollMs);
  }
  return false;
}
