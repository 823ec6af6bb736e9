import { OpenAPIHono } from '@hono/zod-openapi';
import type { Principal } from './keyring.ts';
import { refuseInvalid } from './problem.ts';
import type { RecordAllowance } from './rate-limit.ts';
import type { Trace } from './trace-context.ts';

/** What the middleware gives to every route. */
export interface AppEnvironment {
  Variables: {
    principal: Principal;
    allowance: RecordAllowance;
    trace: Trace;
    /** When a request with an `Idempotency-Key` came first, in Unix milliseconds. */
    receivedAt?: number;
  };
}

/** A router whose failed checks answer problem+json. */
export function createRouter(): OpenAPIHono<AppEnvironment> {
  return new OpenAPIHono<AppEnvironment>({ defaultHook: refuseInvalid });
}
