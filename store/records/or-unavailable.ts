import { AppError } from '../../telemetry/errors.ts';

/**
 * What the state store answers, for requests that can be sent again as they are: where it does not, that is no fault that
 * ends the matter, as 500 would say to an exporter.
 *
 * @throws AppError `unavailable` with the failure of the store as its cause.
 */
export async function orUnavailable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('unavailable', 'the state store does not answer; send the same again', {
      cause,
      retryAfterSeconds: 5,
    });
  }
}
