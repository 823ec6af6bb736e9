import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { StoreAwayError, type StoreName } from '../store/away.ts';
import { AppError, type ErrorCode, type ExceededBound, type FieldError, pointerTo } from '../telemetry/errors.ts';
import type { AppEnvironment } from './context.ts';

export const statusOf: Record<ErrorCode, ContentfulStatusCode> = {
  invalid_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  unprocessable: 422,
  insufficient_history: 422,
  too_many_requests: 429,
  unavailable: 503,
  internal: 500,
};

const titleOf: Record<ErrorCode, string> = {
  invalid_request: 'The request is not well formed',
  unauthenticated: 'A key is needed',
  forbidden: 'The key does not allow this',
  not_found: 'Not found',
  method_not_allowed: 'The method is not allowed here',
  conflict: 'Conflict',
  payload_too_large: 'The body is too large',
  unsupported_media_type: 'The content type is not understood',
  unprocessable: 'Some records were refused',
  insufficient_history: 'The history does not carry the answer',
  too_many_requests: 'Too many requests',
  unavailable: 'Not available at the moment',
  internal: 'The fault is ours',
};

/** RFC 9457. */
export const problemSchema = z
  .object({
    type: z.string().openapi({ example: 'urn:fleetcast:problem:unprocessable' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    correlationId: z.string().optional().openapi({
      description: 'As the header X-Correlation-Id says: by it, the log of the service can be searched.',
    }),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    accepted: z.number().int().optional().openapi({ description: 'Records of the request that were stored.' }),
    refused: z.number().int().optional().openapi({ description: 'Records of the request that were refused.' }),
    clamped: z.number().int().optional().openapi({ description: 'Records stored under an earlier time than theirs.' }),
  })
  .openapi('Problem');

/** The response of every route for every error, for the OpenAPI document. */
export const problemResponses = {
  default: { description: 'Problem (RFC 9457)', content: { 'application/problem+json': { schema: problemSchema } } },
} as const;

export interface Problem {
  code: ErrorCode;
  detail: string;
  errors?: readonly FieldError[];
  retryAfterSeconds?: number | undefined;
  exceeded?: ExceededBound | undefined;
  /** The store that does not answer. */
  awayStore?: StoreName | undefined;
  /** Members of the problem beside those of RFC 9457. */
  extra?: Record<string, unknown>;
}

/** Answers a problem. */
export function problem(
  context: Context<AppEnvironment>,
  { code, detail, errors = [], extra = {} }: Problem,
): Response {
  const status = statusOf[code];
  const body = {
    type: `urn:fleetcast:problem:${code}`,
    title: titleOf[code],
    status,
    detail,
    correlationId: context.get('trace').correlationId,
    ...(errors.length > 0 && { errors }),
    ...extra,
  };
  return context.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json' });
}

/** What is told of an error that a route threw; a fault of ours tells nothing of its cause. */
export function problemOf(error: unknown): Problem {
  if (error instanceof AppError) {
    return {
      code: error.code,
      detail: error.message,
      errors: error.errors,
      retryAfterSeconds: error.retryAfterSeconds,
      exceeded: error.exceeded,
      awayStore: error instanceof StoreAwayError ? error.store : undefined,
    };
  }
  if (error instanceof HTTPException && error.status < 500) return { code: 'invalid_request', detail: error.message };
  return { code: 'internal', detail: 'the request could not be answered; the log of the service says why' };
}

/** The hook of `@hono/zod-openapi` that turns a failed check of a parameter or a body into a problem. */
export function refuseInvalid(result: { success: boolean; target?: string; error?: { issues: Issue[] } }): void {
  if (result.success) return;
  const errors = (result.error?.issues ?? []).flatMap(({ path, message, keys }) =>
    keys === undefined
      ? { pointer: pointerTo(path), detail: message }
      : keys.map((key) => ({ pointer: pointerTo([...path, key]), detail: 'not a known field' })),
  );
  const names = errors.map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`).join('; ');
  throw new AppError('invalid_request', `the ${result.target ?? 'request'} is not valid: ${names}`, { errors });
}

/** What is read of an issue of Zod; `keys` are the unknown ones. */
interface Issue {
  path: PropertyKey[];
  message: string;
  keys?: string[];
}
