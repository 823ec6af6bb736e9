import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './ports.ts';
import { temporaryDirectory } from './temporary.ts';

const repository = join(import.meta.dirname, '../..');

export interface ServiceOptions {
  /** Added to the environment of the tests. */
  env?: Record<string, string>;
  /** Kept after the end; without it, a temporary directory that goes with the service. */
  dataDir?: string;
  entry?: string;
  readyTimeoutMs?: number;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Service {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url: string;
  pid: number;
  exited: Promise<Exit>;
  kill(signal?: NodeJS.Signals): Promise<Exit>;
  /** Everything it wrote so far, to stdout and stderr. */
  output(): string;
}

/**
 * Starts the real service in a process of its own and waits until `GET /readyz` answers 200.
 *
 * @throws when it ends before, or is not ready in time; the error carries its output
 */
export async function startService({
  env = {},
  dataDir,
  entry = join(repository, 'api/main.ts'),
  readyTimeoutMs = 30_000,
}: ServiceOptions = {}): Promise<Service> {
  const temporary = dataDir === undefined ? temporaryDirectory() : undefined;
  const port = await freePort();
  const child = spawn(process.execPath, [entry], {
    cwd: repository,
    env: {
      ...process.env,
      FLEETCAST_HOST: '127.0.0.1',
      FLEETCAST_PORT: String(port),
      FLEETCAST_DATA_DIR: dataDir ?? temporary?.path,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const killWithUs = () => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const exited = once(child, 'close').then(([code, signal]): Exit => {
    process.off('exit', killWithUs);
    temporary?.remove();
    return { code, signal };
  });
  const kill = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return exited;
  };

  const url = `http://127.0.0.1:${port}`;
  try {
    await untilReady(url, exited, readyTimeoutMs);
  } catch (cause) {
    await kill('SIGKILL');
    throw new Error(`the service did not become ready; its output:\n${output}`, { cause });
  }
  return { url, pid: child.pid!, exited, kill, output: () => output };
}

async function untilReady(url: string, exited: Promise<Exit>, timeoutMs: number): Promise<void> {
  const stop = new AbortController();
  const ended = exited.then(({ code, signal }) => {
    throw new Error(`it ended with ${signal ?? `code ${code}`}`);
  });
  ended.catch(() => stop.abort());
  const ready = eventually(async () => stop.signal.aborted || (await fetch(`${url}/readyz`)).status === 200, {
    what: `${url}/readyz`,
    timeoutMs,
  });
  await Promise.race([ended, ready]);
}
