/** The process behind `startClickHouseHttp`: `node main.ts SCRATCH PATH PORT`; it sends its port to its parent. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openEngine } from './engine.ts';
import { ClickHouseException, toClickHouseException } from './exception.ts';
import { type FaultKind, isFaultKind } from './faults.ts';
import { compressed, exceptionReply, type Reply, resultReply, textReply } from './reply.ts';
import { readQuery } from './request.ts';

const [scratch = '', path = '', port = '0'] = process.argv.slice(2);
const engine = openEngine(path);
let fault: FaultKind = 'none';
const late: (() => void)[] = [];

const server = createServer((request, response) => {
  handle(request, response).catch(() => request.socket.destroy());
});
server.listen(Number(port), '127.0.0.1');
await once(server, 'listening');
process.once('SIGTERM', stop).once('disconnect', stop);
process.send?.((server.address() as AddressInfo).port);

function stop(): void {
  engine.close();
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  process.exit(0);
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/__fault') return send(response, changeFault(url.searchParams.get('kind')));
  if (fault === 'hang') return;
  if (fault === 'refuse') {
    request.socket.destroy();
    return;
  }
  const cut = fault === 'half';
  send(response, fault === 'error' ? unavailable() : await answer(request, url), cut);
}

function changeFault(kind: string | null): Reply {
  if (!isFaultKind(kind)) return textReply(400, `unknown fault ${kind}\n`);
  fault = kind;
  for (const goOn of late.splice(0)) goOn();
  return textReply(200, 'Ok.\n');
}

function unavailable(): Reply {
  const message = 'Code: 202. DB::Exception: Too many simultaneous queries. (TOO_MANY_SIMULTANEOUS_QUERIES)\n';
  return exceptionReply(new ClickHouseException(message), randomUUID());
}

async function answer(request: IncomingMessage, url: URL): Promise<Reply> {
  if (['/ping', '/replicas_status'].includes(url.pathname)) return textReply(200, 'Ok.\n');
  if (url.pathname !== '/') return textReply(404, `There is no handle ${url.pathname}\n`);
  if (request.method === 'GET' && !url.searchParams.has('query')) return textReply(200, 'Ok.\n');
  return compressed(await runQuery(request, url), request, url);
}

async function runQuery(request: IncomingMessage, url: URL): Promise<Reply> {
  const queryId = url.searchParams.get('query_id') || randomUUID();
  let dataFile: string | undefined;
  try {
    const query = await readQuery(request, url, scratch);
    dataFile = query.dataFile;
    if (fault === 'late') await new Promise<void>((resolve) => late.push(resolve));
    return resultReply(await engine.run(query), queryId);
  } catch (error) {
    return exceptionReply(toClickHouseException(error, engine.version), queryId);
  } finally {
    if (dataFile) await rm(dataFile, { force: true });
  }
}

function send(response: ServerResponse, { status, headers, body }: Reply, cut = false): void {
  if (!cut) {
    response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
  } else if (body.length === 0) {
    response.socket?.destroy();
  } else {
    response.writeHead(status, { ...headers, 'content-length': body.length });
    response.write(body.subarray(0, body.length >> 1), () => response.socket?.destroy());
  }
}
