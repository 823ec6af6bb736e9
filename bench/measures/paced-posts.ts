import { setTimeout as sleep } from 'node:timers/promises';
import { quantileSorted } from 'simple-statistics';
import { openHttpConnection } from './http-connection.ts';

export interface PacedPostsOptions {
  url: string;
  /** Requests a second, as long as the service keeps up. */
  rps: number;
  seconds: number;
  connections: number;
  /** The request with a number: 0, 1, 2 and so on. */
  request: (n: number) => { path: string; body: string };
}

export interface PacedPosts {
  sent: number;
  /** By number, whether the request was answered with 200. */
  acknowledged: Uint8Array;
  answered: number;
  failed: number;
  achievedRps: number;
  /** From when a request was due until its answer was there: time in which all connections were busy counts. */
  latencyMs: { p50: number; p95: number; p99: number; max: number };
}

const tickMs = 2;

/** Posts at a steady rate, each request on whichever connection is free. */
export async function postAtPace({ url, rps, seconds, connections, request }: PacedPostsOptions): Promise<PacedPosts> {
  const total = Math.round(rps * seconds);
  const acknowledged = new Uint8Array(total);
  const latencies = new Float64Array(total);
  const free = Array.from({ length: connections }, () => openHttpConnection(new URL(url)));
  const all = [...free];
  let answered = 0;
  let failed = 0;
  let next = 0;
  const startedAt = performance.now();
  const dueAt = (n: number) => startedAt + (n * 1000) / rps;

  async function post(n: number): Promise<void> {
    const connection = free.pop()!;
    const { path, body } = request(n);
    const status = await connection.post(path, body);
    latencies[n] = performance.now() - dueAt(n);
    if (status === 200) {
      acknowledged[n] = 1;
      answered++;
    } else failed++;
    free.push(connection);
    startDue();
  }

  function startDue(): void {
    const now = performance.now();
    while (next < total && free.length > 0 && dueAt(next) <= now) void post(next++);
  }

  while (answered + failed < total) {
    startDue();
    await sleep(tickMs);
  }
  const elapsed = (performance.now() - startedAt) / 1000;
  for (const connection of all) connection.close();
  latencies.sort();
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((p) => quantileSorted(latencies as never, p)) as [
    number,
    number,
    number,
  ];
  return {
    sent: total,
    acknowledged,
    answered,
    failed,
    achievedRps: answered / elapsed,
    latencyMs: { p50, p95, p99, max: latencies.at(-1) ?? 0 },
  };
}
