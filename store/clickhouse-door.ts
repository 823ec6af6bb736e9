import { ClickHouseError } from '@clickhouse/client';
import { connectionFault, StoreAwayError } from './away.ts';

/**
 * What ClickHouse says of itself and not of the question: too many queries, no memory, no threads, read-only, no room,
 * too many parts, Keeper or replicas gone, overloaded (src/Common/ErrorCodes.cpp).
 */
const awayCodes = new Set([202, 203, 209, 210, 225, 241, 242, 243, 252, 279, 285, 286, 319, 439, 745, 999]);

/** The way of every request to a server. */
export interface ClickHouseDoor {
  /**
   * Runs a request. With a time, it is given up when it is not answered to its end by then; waiting for a free connection
   * counts. Without one, the client gives it up when the server has been silent for long.
   *
   * @throws StoreAwayError when the server does not answer; ClickHouseError when it refuses.
   */
  ask<T>(request: (signal: AbortSignal) => Promise<T>, timeoutSeconds?: number): Promise<T>;
  /** Gives up what is under way, and what is asked from now on. */
  close(): void;
}

const closed = 'the service is stopping';

/** Creates the door to a server. */
export function createClickHouseDoor(): ClickHouseDoor {
  const underWay = new Set<AbortController>();
  let isClosed = false;
  return {
    async ask(request, timeoutSeconds) {
      const controller = new AbortController();
      const giveUp = () => controller.abort(`no answer in ${timeoutSeconds} s`);
      const late = timeoutSeconds === undefined ? undefined : setTimeout(giveUp, timeoutSeconds * 1000);
      underWay.add(controller);
      if (isClosed) controller.abort(closed);
      try {
        controller.signal.throwIfAborted();
        return await orAborted(request(controller.signal), controller.signal);
      } catch (cause) {
        throw explain(cause, controller.signal);
      } finally {
        clearTimeout(late);
        underWay.delete(controller);
      }
    },
    close() {
      isClosed = true;
      for (const controller of underWay) controller.abort(closed);
    },
  };
}

/** The client lets go of a signal when the head of an answer has come; its body may be long in coming. */
function orAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(signal.reason)), { once: true });
  });
  return Promise.race([answer, aborted]);
}

function explain(cause: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return new StoreAwayError('telemetry-store', signal.reason, cause);
  if (!(cause instanceof ClickHouseError)) return new StoreAwayError('telemetry-store', connectionFault(cause), cause);
  if (!awayCodes.has(Number(cause.code))) return cause;
  return new StoreAwayError('telemetry-store', cause.type ?? `code ${cause.code}`, cause);
}
