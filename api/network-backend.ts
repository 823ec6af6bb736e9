import type { BackendName } from '../models/networks/backend.ts';
import type { ModelPool } from '../models/pool.ts';
import type { Health } from '../telemetry/health.ts';
import type { Logger } from '../telemetry/log.ts';

/** What the service says of the backend that trains its networks. */
export interface NetworkBackend {
  /** As it was found in a worker; null until then, and where none can be loaded. */
  inUse(): BackendName | null;
  /** Asks a worker, which takes a second or two. Never rejects: what went wrong stands in the health and the log. */
  find(): Promise<void>;
}

/**
 * Can find out in a worker which backend the networks get, so that `/status` tells what is and not what was asked for.
 * A backend that cannot be loaded, or that is slow although none was asked for, is a degradation.
 *
 * @param asked the one backend that is allowed, or `auto` for the fastest there is
 */
export function createNetworkBackend({
  pool,
  asked,
  health,
  log,
}: {
  pool: ModelPool;
  asked: BackendName | 'auto';
  health: Health;
  log: Logger;
}): NetworkBackend {
  let name: BackendName | null = null;
  return {
    inUse: () => name,
    async find() {
      try {
        name = await pool.findBackend({ only: asked === 'auto' ? undefined : asked });
        if (name === 'cpu' && asked === 'auto')
          health.degrade(
            'training',
            'neither the native nor the wasm backend could be loaded; training on cpu is slow',
          );
        log.info({ backend: name }, 'networks have a backend');
      } catch (error) {
        health.degrade('training', `no backend for networks could be loaded (asked for: ${asked})`);
        log.error({ err: error, asked }, 'networks have no backend');
      }
    },
  };
}
