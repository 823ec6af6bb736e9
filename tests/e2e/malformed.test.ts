import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasChdb } from '../support/servers.ts';
import { type Service, startService } from '../support/service.ts';

const post = (headers: string, body = '') => `POST /v1/samples HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n${body}`;
const json = 'Content-Type: application/json';

describe.skipIf(!hasChdb())('malformed traffic', () => {
  let service: Service;
  let port: number;

  beforeAll(async () => {
    service = await startService();
    port = Number(new URL(service.url).port);
  });
  afterEach(async () => {
    // The same process, which takes records and gives them back.
    const metric = `after_${Math.round(performance.now() * 1000)}`;
    const headers = { 'content-type': 'application/json' };
    const stored = await fetch(`${service.url}/v1/samples`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ metric, value: 1 }),
    });
    expect(stored.status).toBe(200);
    const found = (await (await fetch(`${service.url}/v1/series?metric=${metric}`)).json()) as { items: unknown[] };
    expect(found.items).toHaveLength(1);
  });
  afterAll(async () => {
    expect(await service?.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(service.output()).not.toMatch(/uncaught|unhandled|request failed/i);
  });

  /** Sends bytes over a socket of their own, ends it, and gives everything that came back. */
  async function exchange(bytes: string | Uint8Array): Promise<string> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    socket.setTimeout(10_000, () => socket.destroy());
    socket.end(bytes);
    return (await buffer(socket).catch(() => Buffer.alloc(0))).toString('latin1');
  }
  const statusesOf = (answer: string) => [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1]));

  test.each<[string, string]>([
    ['no HTTP', 'GARBAGE\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['an unknown version', 'GET / HTTP/9.9\r\n\r\n'],
    ['an unknown method', 'FETCH / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no host', 'GET /v1/agents HTTP/1.1\r\n\r\n'],
    ['a host that is none', 'GET /v1/agents HTTP/1.1\r\nHost: a b/c?d#e\r\n\r\n'],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`],
    ['a path without end', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['a header with a zero byte', 'GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n'],
    ['a negative length', post(`${json}\r\nContent-Length: -1`)],
    ['two lengths', post(`${json}\r\nContent-Length: 2\r\nContent-Length: 3`, '[]')],
    ['a length and chunks', post(`${json}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked`, '0\r\n\r\n')],
    ['a chunk of no size', post(`${json}\r\nTransfer-Encoding: chunked`, 'ZZ\r\n[]\r\n0\r\n\r\n')],
    ['an unknown transfer encoding', post(`${json}\r\nTransfer-Encoding: gzip`, '[]')],
    ['half a body', post(`${json}\r\nContent-Length: 100`, '[{"metric":')],
    ['half a chunk', post(`${json}\r\nTransfer-Encoding: chunked`, 'ff\r\n[{"metric":')],
    ['a length above the limit', post(`${json}\r\nContent-Length: 99999999999`, '[')],
    ['no content type', post('Content-Length: 2', '[]')],
  ])('%s is refused as the fault of the sender', async (_title, bytes) => {
    for (const status of statusesOf(await exchange(bytes)))
      expect(status).toBeOneOf([400, 404, 405, 408, 413, 414, 415, 417, 431, 501, 505]);
  });

  test.each<[string, string]>([
    ['a broken escape in the path', 'GET /v1/series/%E0%A4%A HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['a zero byte in the path', 'GET /v1/anomalies/%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['bytes above ASCII in the path', 'GET /v1/\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['a broken escape in the query', 'GET /v1/agents?type=%E0%A4%A HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['a path of slashes', 'GET //// HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['the URL of another host', 'GET http://example.org/v1/agents HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['a star', 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['TRACE', 'TRACE /v1/agents HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['CONNECT', 'CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an upgrade', 'GET /v1/agents HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n'],
    ['an expectation', post(`${json}\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close`, '[]')],
    ['requests in a row', `${post(`${json}\r\nContent-Length: 2`, '[]').repeat(20)}GARBAGE\r\n\r\n`],
  ])('%s never is our fault', async (_title, bytes) => {
    for (const status of statusesOf(await exchange(Buffer.from(bytes, 'latin1')))) expect(status).toBeLessThan(500);
  });

  test('any bytes on a socket are answered by a refusal or by nothing', async () => {
    const beginnings = fc.constantFrom(
      '',
      'GET /',
      'POST /v1/samples HTTP/1.1\r\nHost: x\r\n',
      post(`${json}\r\nContent-Length: 40`),
    );
    await fc.assert(
      fc.asyncProperty(beginnings, fc.uint8Array({ maxLength: 200 }), async (beginning, bytes) => {
        const answer = await exchange(Buffer.concat([Buffer.from(beginning), bytes]));
        for (const status of statusesOf(answer)) expect(status).toBeLessThan(500);
      }),
      { numRuns: 100 },
    );
  });

  test('uploads that are cut in the middle, a hundred at a time, disturb nobody', async () => {
    const cut = async (i: number) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.on('error', () => {});
      await once(socket, 'connect');
      const encoding = i % 2 === 0 ? '' : '\r\nContent-Encoding: gzip';
      const body = i % 2 === 0 ? '[{"metric":"cut","value":1},' : gzipSync('[]').subarray(0, 12).toString('latin1');
      await new Promise((resolve) =>
        socket.write(Buffer.from(post(`${json}${encoding}\r\nContent-Length: 5000`, body), 'latin1'), resolve),
      );
      socket.resetAndDestroy();
    };
    await Promise.all(Array.from({ length: 100 }, (_, i) => cut(i)));
    const { items } = (await (await fetch(`${service.url}/v1/series?metric=cut`)).json()) as { items: unknown[] };
    expect(items).toEqual([]);
  });

  test('bodies that come slowly keep nobody waiting, and are taken when they are whole', async () => {
    const slow = Array.from({ length: 50 }, (_, i) => {
      const request = httpRequest(`${service.url}/v1/samples`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      });
      request.write('[{"metric":');
      return { request, answered: once(request, 'response') as Promise<[{ statusCode: number; resume(): void }]>, i };
    });
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    for (const { request, i } of slow) request.end(`"slow_${i}","value":1}]`);
    for (const { answered } of slow) {
      const [response] = await answered;
      response.resume();
      expect(response.statusCode).toBe(200);
    }
  });

  test('a body above the limit without a length is answered 413 though the sender is still sending', async () => {
    const request = httpRequest(`${service.url}/v1/samples`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    request.on('error', () => {});
    const outcome = Promise.race([
      once(request, 'response').then(([response]) => (response as { statusCode: number }).statusCode),
      once(request, 'close').then(() => 'closed'),
    ]);
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    let sent = 0;
    for (; sent < 64 && !request.destroyed; sent++) {
      if (!request.write(chunk)) await Promise.race([once(request, 'drain'), outcome]);
      if (await Promise.race([outcome, Promise.resolve(undefined)])) break;
    }
    expect(await outcome).toBe(413);
    expect(sent).toBeLessThan(64);
    request.destroy();
  });
});
