import type { Problem } from './answers.ts';

/**
 * Why a request failed: an answer that is an error (`status` and, where the service gave one, its `problem`), or no
 * answer at all (`status` is undefined and `cause` says why).
 */
export class FleetcastError extends Error {
  override readonly name = 'FleetcastError';
  readonly status: number | undefined;
  readonly problem: Problem | undefined;
  /** When the service wants to be asked again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    message: string,
    {
      status,
      problem,
      retryAfterSeconds,
      cause,
    }: {
      status?: number | undefined;
      problem?: Problem | undefined;
      retryAfterSeconds?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause });
    this.status = status;
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Nobody listens at the address. */
  get isRefused(): boolean {
    return codeOf(this.cause) === 'ECONNREFUSED';
  }
}

/** The system's code of an error or of its cause, such as `ECONNREFUSED`. */
export function codeOf(error: unknown): string | undefined {
  for (let reason = error; reason instanceof Error; reason = reason.cause) {
    if ('code' in reason && typeof reason.code === 'string') return reason.code;
  }
  return undefined;
}
