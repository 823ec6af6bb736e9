import { AppError } from '../telemetry/errors.ts';

export interface BodyGateOptions {
  /** So many bytes of bodies may be worked on at a time. */
  maxBytes: number;
  /** With more memory in use than this, no body is taken. */
  maxMemoryBytes: number;
  memoryBytes: () => number;
}

/** Bounds the memory that bodies take, before they are read, and shares it out between tenants. */
export interface BodyGate {
  /**
   * Lets a body in.
   *
   * @param bytes how long it is, as far as that is known.
   * @returns to be called when it is done with.
   * @throws AppError `too_many_requests`, or `unavailable` when memory is short for everybody.
   */
  enter(tenant: string, bytes: number): () => void;
  /** The bytes of all bodies that are worked on. */
  bytes(): number;
}

/** One tenant alone comes to four fifths, and there is always room for another (as in the admission to the spool). */
const shareOfFree = 4;

export function createBodyGate({ maxBytes, maxMemoryBytes, memoryBytes }: BodyGateOptions): BodyGate {
  const held = new Map<string, number>();
  let used = 0;

  function check(tenant: string, bytes: number): void {
    if (memoryBytes() > maxMemoryBytes) {
      throw new AppError('unavailable', 'the memory of the service is nearly full; send this again later', {
        retryAfterSeconds: 5,
        exceeded: { name: 'memory', max: maxMemoryBytes, unit: 'content-bytes' },
      });
    }
    // A body that is alone is always let in: it is bounded by its own limit.
    const free = maxBytes - used;
    if (used > 0 && bytes > free) throw refusal('bodies', maxBytes, free);
    const ofTenant = held.get(tenant) ?? 0;
    if (ofTenant > 0 && ofTenant + bytes > shareOfFree * free) {
      throw refusal('tenant-bodies', shareOfFree * free, shareOfFree * free - ofTenant);
    }
  }

  return {
    enter(tenant, bytes) {
      check(tenant, bytes);
      used += bytes;
      held.set(tenant, (held.get(tenant) ?? 0) + bytes);
      return () => {
        used -= bytes;
        const left = held.get(tenant)! - bytes;
        if (left > 0) held.set(tenant, left);
        else held.delete(tenant);
      };
    },
    bytes: () => used,
  };
}

function refusal(name: string, max: number, remaining: number): AppError {
  return new AppError('too_many_requests', 'too many bodies are being worked on; send this again in a moment', {
    retryAfterSeconds: 1,
    exceeded: { name, max, remaining, unit: 'content-bytes' },
  });
}
