import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import type { Actor } from '../store/records/audit.ts';
import type { AppEnvironment } from './context.ts';

/** Who asks, for the audit log. The address is that of the peer: behind a proxy it is the proxy's. */
export function actorOf(context: Context<AppEnvironment>): Actor {
  const { tenant, keyId, name } = context.get('principal');
  return { tenant, keyId, keyName: name, address: addressOf(context) };
}

/** A request that was made without a socket, as in tests, has no address. */
function addressOf(context: Context<AppEnvironment>): string {
  const hasSocket = Object.hasOwn((context.env ?? {}) as object, 'incoming');
  return hasSocket ? (getConnInfo(context).remote.address ?? '') : '';
}
