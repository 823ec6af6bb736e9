import type { Context } from 'hono';
import { otlpSignals } from '../ingest/otlp.ts';
import type { AppEnvironment } from './context.ts';
import { answerOtlpError } from './otlp-answers.ts';
import { type Problem, problem, statusOf } from './problem.ts';
import { rateLimitFields } from './rate-limit-fields.ts';

/** Paths whose protocol has its own way to tell an error, and that way; RFC 9457 elsewhere. */
const answerers: Readonly<Record<string, (context: Context<AppEnvironment>, problem: Problem) => Response>> = {
  '/api/v1/write': answerAsText,
  ...Object.fromEntries(otlpSignals.map((signal) => [`/v1/${signal}`, answerOtlpError])),
};

/**
 * Answers an error as the protocol of the path does. Who is to come again later is told when, and which bound it was:
 * where there is none to name, that nothing that needs the store, or no request at all, is served until then.
 */
export function answerError(context: Context<AppEnvironment>, error: Problem): Response {
  if (error.retryAfterSeconds !== undefined) {
    context.header('retry-after', String(error.retryAfterSeconds));
    for (const [name, value] of Object.entries(fieldsOf(error, error.retryAfterSeconds))) {
      context.header(name, value, { append: true });
    }
  }
  if (error.code === 'unauthenticated') context.header('www-authenticate', 'Bearer');
  return (answerers[context.req.path] ?? problem)(context, error);
}

function fieldsOf({ code, exceeded, awayStore }: Problem, resetSeconds: number): Record<string, string> {
  if (exceeded !== undefined) return rateLimitFields([{ remaining: 0, ...exceeded, resetSeconds }]);
  if (code !== 'unavailable') return {};
  const name = awayStore ?? 'service';
  return rateLimitFields([{ name, max: 0, windowSeconds: resetSeconds, remaining: 0, resetSeconds }]);
}

/** Plain text, as Prometheus writes it to its log. */
function answerAsText(context: Context, { code, detail }: Problem): Response {
  return context.text(`${detail}\n`, statusOf[code]);
}
