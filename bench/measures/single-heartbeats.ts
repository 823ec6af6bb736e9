import { createRequire } from 'node:module';
import { quantileSorted } from 'simple-statistics';

export interface SingleHeartbeatsOptions {
  connections: number;
  seconds: number;
  agents: number;
}

export interface SingleHeartbeats extends SingleHeartbeatsOptions {
  answered: number;
  /** Requests that failed, or were answered with another status than 200. */
  failed: number;
  requestsPerSecond: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

/** The part of autocannon, which comes without types, that is used here. */
type Autocannon = (options: {
  url: string;
  connections: number;
  duration: number;
  method: 'POST';
  headers: Record<string, string>;
  requests: { setupRequest: (request: { body?: string }) => object }[];
}) => {
  on(event: 'response', listener: (client: unknown, status: number, bytes: number, responseMs: number) => void): void;
  on(event: 'reqError', listener: () => void): void;
  on(event: 'done', listener: (result: { duration: number }) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
};

const autocannon = createRequire(import.meta.url)('autocannon') as Autocannon;

/** Posts one heartbeat a request, each connection the next one as soon as the last is answered. */
export async function measureSingleHeartbeats(
  url: string,
  options: SingleHeartbeatsOptions,
): Promise<SingleHeartbeats> {
  const { connections, seconds, agents } = options;
  const responsesMs: number[] = [];
  let failed = 0;
  let place = 0;
  const setupRequest = (request: { body?: string }) => ({
    ...request,
    body: JSON.stringify({ agent: `single-${place++ % agents}`, type: 'bench', version: '1.0.0', intervalSeconds: 60 }),
  });
  const headers = { 'content-type': 'application/json' };
  const load = autocannon({
    url: `${url}/v1/heartbeats`,
    connections,
    duration: seconds,
    method: 'POST',
    headers,
    requests: [{ setupRequest }],
  });
  load.on('response', (_, status, __, responseMs) => (status === 200 ? responsesMs.push(responseMs) : failed++));
  load.on('reqError', () => failed++);
  const { duration } = await new Promise<{ duration: number }>((resolve, reject) => {
    load.on('done', resolve);
    load.on('error', reject);
  });
  if (responsesMs.length === 0) throw new Error('no heartbeat was answered with 200');
  responsesMs.sort((a, b) => a - b);
  return {
    ...options,
    answered: responsesMs.length,
    failed,
    requestsPerSecond: responsesMs.length / duration,
    p50Ms: quantileSorted(responsesMs, 0.5),
    p95Ms: quantileSorted(responsesMs, 0.95),
    p99Ms: quantileSorted(responsesMs, 0.99),
  };
}
