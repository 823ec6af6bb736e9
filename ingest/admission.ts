import { AppError } from '../telemetry/errors.ts';

export interface AdmissionOptions {
  /** The bound of the spool, and how much is in it. */
  maxBytes: number;
  usedBytes: () => number;
  /** The bound of what waits for the disk, and how much does. */
  maxPendingBytes: number;
  pendingBytes: () => number;
}

/** Decides whether rows are taken, before anything is full and so that no tenant fills it alone. */
export interface Admission {
  /** @throws AppError when nobody's rows are taken at the moment. */
  check(): void;
  /** The error that `check` would throw. */
  refusing(): AppError | undefined;
  /** @throws AppError when the rows of this tenant are not taken. */
  enter(tenant: string, bytes: number): void;
  /** Says that bytes of a tenant wait since the write with this number. */
  taken(tenant: string, bytes: number, write: number): void;
  /** Says that everything up to a write has left the spool. */
  stored(write: number): void;
  /** Refuses everything with a reason, until it is told `undefined`. */
  close(reason: string | undefined): void;
}

/**
 * A tenant may hold so many times what is still free: one alone comes to four fifths of the spool, two to four ninths
 * each, and there is always room for one that holds little (A. Choudhury and E. Hahne, Dynamic queue length thresholds
 * for shared-memory packet switches, 1998).
 */
const shareOfFree = 4;
/** Tenants are tallied in portions of this size, each of which is given back as a whole. */
const portionBytes = 1024 * 1024;

interface Portion {
  lastWrite: number;
  bytes: number;
  tenants: Map<string, number>;
}

export function createAdmission({ maxBytes, usedBytes, maxPendingBytes, pendingBytes }: AdmissionOptions): Admission {
  const held = new Map<string, number>();
  let portions: Portion[] = [];
  let closedFor: string | undefined;

  function refusing(): AppError | undefined {
    if (closedFor !== undefined) return new AppError('unavailable', closedFor, { retryAfterSeconds: 30 });
    if (usedBytes() >= maxBytes) {
      return new AppError('unavailable', 'the spool is full, because ClickHouse does not take records fast enough', {
        retryAfterSeconds: 10,
        exceeded: { name: 'spool', max: maxBytes, unit: 'content-bytes' },
      });
    }
    if (pendingBytes() >= maxPendingBytes) {
      return new AppError('too_many_requests', 'too many records wait for the disk; send them again later', {
        retryAfterSeconds: 1,
        exceeded: { name: 'pending', max: maxPendingBytes, unit: 'content-bytes' },
      });
    }
    return undefined;
  }

  function check(): void {
    const error = refusing();
    if (error !== undefined) throw error;
  }

  return {
    check,
    refusing,
    enter(tenant, bytes) {
      check();
      const ofTenant = held.get(tenant) ?? 0;
      const share = shareOfFree * (maxBytes - usedBytes());
      if (ofTenant > 0 && ofTenant + bytes > share) {
        throw new AppError('too_many_requests', 'too many records of this tenant wait to be stored; send them later', {
          retryAfterSeconds: 5,
          exceeded: { name: 'tenant-spool', max: share, unit: 'content-bytes', remaining: share - ofTenant },
        });
      }
    },
    taken(tenant, bytes, write) {
      held.set(tenant, (held.get(tenant) ?? 0) + bytes);
      let portion = portions.at(-1);
      if (portion === undefined || portion.bytes >= portionBytes) {
        portion = { lastWrite: write, bytes: 0, tenants: new Map() };
        portions.push(portion);
      }
      portion.lastWrite = write;
      portion.bytes += bytes;
      portion.tenants.set(tenant, (portion.tenants.get(tenant) ?? 0) + bytes);
    },
    stored(write) {
      const gone = portions.filter(({ lastWrite }) => lastWrite <= write);
      portions = portions.filter(({ lastWrite }) => lastWrite > write);
      for (const { tenants } of gone) {
        for (const [tenant, bytes] of tenants) {
          const left = held.get(tenant)! - bytes;
          if (left > 0) held.set(tenant, left);
          else held.delete(tenant);
        }
      }
    },
    close(reason) {
      closedFor = reason;
    },
  };
}
