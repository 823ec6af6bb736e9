import { AppError } from '../telemetry/errors.ts';

export const storeNames = ['telemetry-store', 'state-store'] as const;
export type StoreName = (typeof storeNames)[number];

const detailOf: Record<StoreName, string> = {
  'telemetry-store':
    'the telemetry store does not answer; records are taken all the while and stored when it is back; ask the same again',
  'state-store': 'the state store does not answer; send the same again',
};

const retryAfterSeconds = 5;

/**
 * A store does not answer, or not to the end, or has no room for a question at the moment. The same question may be
 * answered later, so it is a 503 with `Retry-After` wherever it ends a request.
 */
export class StoreAwayError extends AppError {
  readonly store: StoreName;
  /** What was seen, for the operator; without addresses. */
  readonly reason: string;

  constructor(store: StoreName, reason: string, cause: unknown) {
    super('unavailable', detailOf[store], { cause, retryAfterSeconds });
    this.store = store;
    this.reason = reason;
  }
}

/** What became of a connection: what the system said, such as `ECONNREFUSED`, or that its other end fell silent. */
export function connectionFault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof Error && error.message === 'Timeout error.') return 'no answer';
  return /^E[A-Z_]+$/.test(code)
    ? `the connection failed (${code})`
    : 'the connection broke, or something else answered';
}
