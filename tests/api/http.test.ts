import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

describe.skipIf(!hasChdb())('as HTTP', () => {
  let service: TestApp;
  beforeAll(async () => {
    service = await startTestApp();
  });
  afterAll(() => service?.close());

  test.each([
    ['DELETE', '/v1/agents', 'GET, HEAD'],
    ['GET', '/v1/samples', 'POST'],
    ['PUT', '/v1/keys', 'GET, POST, HEAD'],
    ['POST', '/livez', 'GET, HEAD'],
    ['DELETE', '/v1/jobs/detect/runs', 'GET, POST, HEAD'],
  ])('%s %s is not allowed, and Allow says what is', async (method, path, allow) => {
    const response = await service.request(path, { method });
    expect(response.headers.get('allow')).toBe(allow);
    await expectProblem(response, 405);
  });

  test('a path with nothing at it is not found by any method', async () => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      await expectProblem(await service.request('/v1/nowhere', { method }), 404);
    }
  });

  test('a large answer is compressed when that is asked for, and reads the same', async () => {
    const plain = await service.request('/openapi.json');
    const zipped = await service.request('/openapi.json', { headers: { 'accept-encoding': 'br, gzip' } });
    expect(zipped.headers.get('content-encoding')).toBe('gzip');
    expect(zipped.headers.get('vary')).toContain('accept-encoding');
    const bytes = Buffer.from(await zipped.arrayBuffer());
    const text = await plain.text();
    expect(gunzipSync(bytes).toString()).toBe(text);
    expect(bytes.length).toBeLessThan(text.length / 4);
    expect(plain.headers.get('content-encoding')).toBeNull();
  });

  test.each([
    ['/livez', 'gzip'],
    ['/openapi.json', 'gzip;q=0'],
    ['/openapi.json', 'identity'],
  ])('%s is not compressed for "%s"', async (path, encoding) => {
    const response = await service.request(path, { headers: { 'accept-encoding': encoding } });
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(await response.json()).toBeTypeOf('object');
  });
});
