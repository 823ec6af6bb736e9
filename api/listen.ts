import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { ConfigError } from './settings.ts';

export interface Listening {
  url: string;
  /** Takes no more connections, lets requests in flight end, and cuts those that do not in time. */
  close(graceMs?: number): Promise<void>;
}

const sweepMs = 50;

/**
 * Serves an application on an address.
 *
 * @throws ConfigError when the address is taken or not ours.
 */
export async function listen(
  app: { fetch: (request: Request) => Response | Promise<Response> },
  { host, port }: { host: string; port: number },
): Promise<Listening> {
  const answer = getRequestListener(app.fetch);
  const server = createServer((request, response) => {
    // A client that keeps its connection would go on sending to a server that closes.
    if (!server.listening) response.setHeader('connection', 'close');
    void answer(request, response);
  });
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { url: `http://${shownHost}:${address.port}`, close: (graceMs = 3000) => close(server, graceMs) };
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE')
    return new ConfigError(`port (FLEETCAST_PORT) = ${port} is taken by another process; allowed: a free port`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new ConfigError(`host (FLEETCAST_HOST) = ${JSON.stringify(host)} is not an address of this machine`);
  }
  return error;
}

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection that was busy when the server closed becomes idle with its answer, and would stay open.
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
