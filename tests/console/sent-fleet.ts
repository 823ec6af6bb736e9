import { expect } from 'vitest';

/** Sends records, of whatever time. */
export async function post(url: string, path: string, body: unknown): Promise<Response> {
  const response = await fetch(`${url}${path}?backfill=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.ok, path).toBe(true);
  return response;
}

/** Two agents, one of them silent, and a series of the last hours; sending it again changes nothing. Returns the series. */
export async function sendFleet(url: string): Promise<string> {
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  await post(url, '/v1/heartbeats', [
    { agent: 'build-1', type: 'build', version: '1.9.0', time: now },
    { agent: 'build-2', type: 'build', version: '2.0.0', time: now - 3_600_000 },
  ]);
  const samples = Array.from({ length: 120 }, (_, i) => ({
    metric: 'memory_used_bytes',
    agent: 'build-1',
    unit: 'By',
    time: now - i * 60_000,
    value: 2.3e9 + 1e7 * Math.sin(i / 10),
  }));
  await post(url, '/v1/samples', samples);
  const { items } = (await (await fetch(`${url}/v1/series?metric=memory_used_bytes`)).json()) as {
    items: { id: string }[];
  };
  return items[0]!.id;
}
