import type { BackendName } from '../models/networks/backend.ts';
import type { ModelPool } from '../models/pool.ts';
import type { Health } from '../telemetry/health.ts';
import type { Logger } from '../telemetry/log.ts';

/** What the service says of the backend that trains its networks. */
export interface NetworkBackend {
  /** As it was found in a worker; null until then, and where none can be loaded. */
  inUse(): BackendName | null;
  /** Resolves when it is known. */
  found: Promise<void>;
}

/**
 * Finds out in a worker which backend the networks get, so that `/status` tells what is and not what was asked for.
 * A backend that cannot be loaded, or that is slow although none was asked for, is a degradation.
 *
 * @param only the one backend that is allowed; undefined for the fastest there is
 */
export function findNetworkBackend({
  pool,
  only,
  health,
  log,
}: {
  pool: ModelPool;
  only: BackendName | undefined;
  health: Health;
  log: Logger;
}): NetworkBackend {
  let name: BackendName | null = null;
  const found = pool
    .findBackend({ only })
    .then((loaded) => {
      name = loaded;
      if (loaded === 'cpu' && only === undefined)
        health.degrade('training', 'neither the native nor the wasm backend could be loaded; training on cpu is slow');
      log.info({ backend: loaded }, 'networks have a backend');
    })
    .catch((error: unknown) => {
      health.degrade('training', `no backend for networks could be loaded (asked for: ${only ?? 'auto'})`);
      log.error({ err: error, asked: only ?? 'auto' }, 'networks have no backend');
    });
  return { inUse: () => name, found };
}
