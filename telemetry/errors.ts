/** The closed set of ways in which a request or a start can fail; `api/problem.ts` maps each to one HTTP status. */
export type ErrorCode =
  | 'invalid_request'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'unprocessable'
  | 'insufficient_history'
  | 'too_many_requests'
  | 'unavailable'
  | 'internal';

/** One bad field: where it is (RFC 6901 JSON pointer) and what is allowed there. */
export interface FieldError {
  pointer: string;
  detail: string;
}

/** The JSON pointer (RFC 6901) of a path of keys. */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The bound that a request ran into, for the fields that tell a client of it. */
export interface ExceededBound {
  /** Names it: letters and hyphens. */
  name: string;
  max: number;
  unit: 'content-bytes' | 'concurrent-requests';
  /** What is left of it, which was too little; by default 0. */
  remaining?: number;
}

/**
 * An error that ends a request. `message` is for the caller; `cause` is for the operator and is only logged.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;
  readonly exceeded: ExceededBound | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    {
      errors = [],
      cause,
      retryAfterSeconds,
      exceeded,
    }: {
      errors?: readonly FieldError[];
      cause?: unknown;
      retryAfterSeconds?: number;
      exceeded?: ExceededBound;
    } = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds;
    this.exceeded = exceeded;
  }
}
