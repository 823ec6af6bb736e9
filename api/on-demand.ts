import { ModelTaskError } from '../models/pool.ts';
import { AppError } from '../telemetry/errors.ts';

/** Runs work of the models that a request waits for. */
export type OnDemand = <T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** Who is refused may ask again after so long. */
const retryAfterSeconds = 5;

/**
 * A gate for work of the models that requests wait for: so many requests at a time, and the next is answered 503 with
 * `Retry-After`. A client that goes away ends its task; a task that takes too long is a 503 as well.
 */
export function createOnDemand({
  maxRequests,
  timeoutSeconds,
}: {
  maxRequests: number;
  timeoutSeconds: number;
}): OnDemand {
  let underWay = 0;
  return async (signal, work) => {
    if (underWay >= maxRequests)
      throw new AppError('unavailable', `${maxRequests} requests of this kind are being computed already`, {
        retryAfterSeconds,
        exceeded: { name: 'computations', max: maxRequests, unit: 'concurrent-requests' },
      });
    underWay++;
    const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
    try {
      return await work(AbortSignal.any([signal, timeout]));
    } catch (error) {
      if (!(error instanceof ModelTaskError)) throw error;
      if (error.failure === 'refused')
        throw new AppError('unavailable', 'too many computations are waiting', { cause: error, retryAfterSeconds });
      if (error.failure === 'timed_out' || timeout.aborted)
        throw new AppError('unavailable', 'the computation took too long; ask for less', {
          cause: error,
          retryAfterSeconds,
        });
      if (error.failure === 'aborted')
        throw new AppError('unavailable', 'the computation was given up', { cause: error, retryAfterSeconds });
      throw error;
    } finally {
      underWay--;
    }
  };
}
