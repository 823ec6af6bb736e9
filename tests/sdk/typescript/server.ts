import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A request as the server got it, with the body decompressed. */
export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface ScriptedServer extends AsyncDisposable {
  url: string;
  received: Received[];
}

/**
 * A server that says what a script says: faults that the real service shows only when it is in trouble.
 *
 * @example
 * await using server = await scriptedServer(() => ({ status: 503, headers: { 'retry-after': '2' } }));
 */
export async function scriptedServer(
  answer: (request: Received, place: number) => Answer | Promise<Answer>,
): Promise<ScriptedServer> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString();
    const got = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
    const place = received.push(got) - 1;
    const { status = 200, headers = {}, body: content = {} } = await answer(got, place);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof content === 'string' ? content : JSON.stringify(content));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers an ingest request as the service does when every record is good. */
export function acceptAll({ body }: Received): Answer {
  return { body: { accepted: (JSON.parse(body) as unknown[]).length, refused: 0 } };
}
