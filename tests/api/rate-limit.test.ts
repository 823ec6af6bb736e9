import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey, rotateKey } from '../../store/records/api-keys.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { remoteWriteRequest, writeRequestV1 } from '../support/remote-write.ts';
import { hasChdb } from '../support/servers.ts';

describe.skipIf(!hasChdb())('a key that may send two requests and ten records a second', () => {
  let service: TestApp;
  let clockMs = Date.now();

  beforeAll(async () => {
    service = await startTestApp({
      env: {
        FLEETCAST_AUTH: 'required',
        FLEETCAST_LIMITS_REQUESTS_PER_SECOND: '2',
        FLEETCAST_LIMITS_RECORDS_PER_SECOND: '10',
        FLEETCAST_LIMITS_BURST_SECONDS: '2',
      },
      now: () => new Date(clockMs),
    });
  });
  afterAll(() => service?.close());

  async function newKey(): Promise<string> {
    const grant = { tenant: 'default', name: 'k', scopes: ['ingest', 'read'] as const };
    return (await createKey(service.state, grant, new Date(clockMs))).key;
  }
  const get = (key: string) => service.request('/v1/agents', { headers: { 'x-auth-token': key } });
  const send = (key: string, count: number) =>
    service.post(
      '/v1/samples',
      Array.from({ length: count }, (_, i) => ({ metric: 'm', value: i, time: clockMs - i })),
      { 'x-auth-token': key },
    );

  test('is told what is left, and when to come again once nothing is', async () => {
    const key = await newKey();
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await get(key));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429]);
    expect(answers[0]!.headers.get('ratelimit-policy')).toBe('"requests";q=4;w=2, "records";q=20;w=2');
    expect(answers[0]!.headers.get('ratelimit')).toBe('"requests";r=3;t=1, "records";r=20;t=0');
    expect(answers[4]!.headers.get('ratelimit')).toBe('"requests";r=0;t=2, "records";r=20;t=0');
    expect(answers[4]!.headers.get('retry-after')).toBe('1');
    expect((await expectProblem(answers[4]!, 429)).detail).toContain('requests');
    clockMs += 1000;
    expect((await get(key)).status).toBe(200);
  });

  test('may overdraw its records by one request, and waits until that is made good', async () => {
    const key = await newKey();
    expect((await send(key, 40)).status).toBe(200);
    const refused = await send(key, 1);
    expect(refused.headers.get('retry-after')).toBe('3');
    expect((await expectProblem(refused, 429)).detail).toContain('records');
    expect((await get(key)).status, 'reading goes on').toBe(200);
    clockMs += 3000;
    expect((await send(key, 1)).status).toBe(200);
  });

  test('is charged once for each value, in every protocol', async () => {
    const samples = Array.from({ length: 3 }, (_, i) => [clockMs - i * 1000 - 1000, i] as const).reverse();
    const body = writeRequestV1([{ labels: { __name__: 'charged' }, samples }]);
    const points = samples.map(([time, value]) => ({ timeUnixNano: `${time}000000`, asInt: String(value) }));
    const otlp = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'g', gauge: { dataPoints: points } }] }] }] };
    const left = async (path: string, init: RequestInit) => {
      const headers = { ...(init.headers as Record<string, string>), 'x-auth-token': await newKey() };
      const answer = await service.request(path, { ...init, headers });
      return /"records";r=(\d+)/.exec(answer.headers.get('ratelimit') ?? '')?.[1];
    };
    const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
    expect(await left('/api/v1/write', remoteWriteRequest(body, 1))).toBe('17');
    expect(await left('/v1/metrics', { ...json, body: JSON.stringify(otlp) })).toBe('17');
    expect(await left('/v1/samples', { ...json, body: JSON.stringify([{ metric: 'm', value: 1 }]) })).toBe('19');
  });

  test('does not hinder another key', async () => {
    const [greedy, modest] = [await newKey(), await newKey()];
    for (let i = 0; i < 6; i++) await get(greedy);
    expect([(await get(greedy)).status, (await get(modest)).status]).toEqual([429, 200]);
  });

  test('holds to limits of its own where it has some, and so does the key that takes its place', async () => {
    const grant = { tenant: 'default', name: 'own', scopes: ['read', 'ingest'] as const, requestsPerSecond: 100 };
    const made = await createKey(service.state, grant, new Date(clockMs));
    const rotation = { tenant: 'default', id: made.stored.id, overlapDays: 1 };
    const next = await rotateKey(service.state, rotation, new Date(clockMs));
    for (const { key } of [made, next]) {
      const policy = '"requests";q=200;w=2, "records";q=20;w=2';
      expect((await get(key)).headers.get('ratelimit-policy')).toBe(policy);
    }
  });

  test('is counted when it is refused, and a probe is never refused', async () => {
    clockMs += 10_000;
    expect(await service.metrics.registry.getSingleMetricAsString('fleetcast_rate_limited_total')).toMatch(
      /\{limit="requests"\} [1-9]\d*\n.*\{limit="records"\} 1/s,
    );
    for (let i = 0; i < 20; i++) expect((await service.request('/livez')).status).toBe(200);
  });
});
