import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FaultKind } from './clickhouse-http/faults.ts';
import { temporaryDirectory } from './temporary.ts';

export interface ClickHouseHttpOptions {
  /** The data of the engine; without it, a temporary folder that goes with the server. */
  path?: string;
  /** Without it, a free port. Give the port of a stopped server to play its restart. */
  port?: number;
  /** The fault to begin with. */
  fault?: FaultKind;
}

export interface ClickHouseHttp {
  /** `http://127.0.0.1:<port>` */
  url: string;
  port: number;
  setFault(kind: FaultKind): Promise<void>;
  /** Ends it as an operator would. */
  stop(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

/**
 * Starts a server that speaks ClickHouse's HTTP interface over chDB, so that tests exercise the real HTTP path of
 * `@clickhouse/client`. It runs in a process of its own, because chDB takes one data path a process, and ends with ours.
 *
 * Differences from ClickHouse: an answer is not streamed, `session_id` is ignored, any user and password is accepted.
 *
 * @throws when chDB does not load or another process holds the data path
 */
export async function startClickHouseHttp({
  path,
  port = 0,
  fault = 'none',
}: ClickHouseHttpOptions = {}): Promise<ClickHouseHttp> {
  const scratch = temporaryDirectory();
  const places = [scratch.path, path ?? join(scratch.path, 'data')];
  const child = fork(join(import.meta.dirname, 'clickhouse-http/main.ts'), [...places, String(port)], {
    // What the test runner gives its own workers is not for this one.
    execArgv: [],
    env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, TZ: 'UTC', UV_THREADPOOL_SIZE: '16' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    log = (log + chunk).slice(-4000);
  });
  const exited = once(child, 'exit').then(() => scratch.remove());
  const failed = exited.then(() => {
    throw new Error(`the ClickHouse front ended before it was ready:\n${log}`);
  });
  failed.catch(() => {});
  const [listening] = (await Promise.race([once(child, 'message'), failed])) as [number];

  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await exited;
  };
  const url = `http://127.0.0.1:${listening}`;
  const setFault = async (kind: FaultKind) => {
    const { ok } = await fetch(`${url}/__fault?kind=${kind}`, { method: 'POST' });
    if (!ok) throw new Error(`the fault ${kind} was not accepted`);
  };
  if (fault !== 'none') await setFault(fault);
  return { url, port: listening, setFault, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}
