import { LRUCache } from 'lru-cache';
import { findKey, type Scope, type StoredKey, touchKey, validityOf } from '../store/records/api-keys.ts';
import { orUnavailable } from '../store/records/or-unavailable.ts';
import type { StateStore } from '../store/state.ts';
import { AppError } from '../telemetry/errors.ts';

/** Who asks, and what they may do. */
export interface Principal {
  tenant: string;
  /** Empty while no keys are required. */
  keyId: string;
  name: string;
  scopes: readonly Scope[];
  /** How much may be sent; null where the settings hold. */
  requestsPerSecond: number | null;
  recordsPerSecond: number | null;
}

export interface Keyring {
  /** @throws AppError `unauthenticated` that says what is wrong with the key; `unavailable` when the store is away. */
  principalOf(key: string): Promise<Principal>;
  /** Lets go of what is remembered of a key; called when it was changed. */
  forget(keyId: string): void;
}

/** For how long a key is believed without asking the store again; one that another replica revoked works so much longer. */
const believedMs = 10_000;
/** The time of last use is written at most so often. */
const touchEveryMs = 60_000;

/** Finds out who a key speaks for, and remembers it for a short while. */
export function createKeyring({ state, now }: { state: StateStore; now: () => Date }): Keyring {
  const known = new LRUCache<string, StoredKey>({
    max: 10_000,
    ttl: believedMs,
    ttlResolution: 0,
    perf: { now: () => now().getTime() },
  });

  async function read(key: string): Promise<StoredKey> {
    const stored = await orUnavailable(findKey(state, key));
    if (stored === undefined) throw new AppError('unauthenticated', 'the API key is not known');
    known.set(key, stored);
    return stored;
  }

  async function touch(stored: StoredKey): Promise<void> {
    const at = now();
    if (stored.lastUsedAt !== null && at.getTime() - stored.lastUsedAt < touchEveryMs) return;
    stored.lastUsedAt = at.getTime();
    await orUnavailable(touchKey(state, stored.id, at));
  }

  return {
    async principalOf(key) {
      const stored = known.get(key) ?? (await read(key));
      const validity = validityOf(stored, now());
      if (validity === 'expired') throw new AppError('unauthenticated', 'the API key has expired');
      if (validity === 'revoked') throw new AppError('unauthenticated', 'the API key was revoked');
      await touch(stored);
      const { tenant, id: keyId, name, scopes, requestsPerSecond, recordsPerSecond } = stored;
      return { tenant, keyId, name, scopes, requestsPerSecond, recordsPerSecond };
    },
    forget(keyId) {
      for (const [key, { id }] of known.entries()) if (id === keyId) known.delete(key);
    },
  };
}
