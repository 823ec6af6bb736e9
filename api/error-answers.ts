import type { Context } from 'hono';
import { otlpSignals } from '../ingest/otlp.ts';
import { answerOtlpError } from './otlp-answers.ts';
import { type Problem, problem, statusOf } from './problem.ts';

/** Paths whose protocol has its own way to tell an error, and that way; RFC 9457 elsewhere. */
const answerers: Readonly<Record<string, (context: Context, problem: Problem) => Response>> = {
  '/api/v1/write': answerAsText,
  ...Object.fromEntries(otlpSignals.map((signal) => [`/v1/${signal}`, answerOtlpError])),
};

/** Answers an error as the protocol of the path does. */
export function answerError(context: Context, error: Problem): Response {
  if (error.retryAfterSeconds !== undefined) context.header('retry-after', String(error.retryAfterSeconds));
  if (error.code === 'unauthenticated') context.header('www-authenticate', 'Bearer');
  return (answerers[context.req.path] ?? problem)(context, error);
}

/** Plain text, as Prometheus writes it to its log. */
function answerAsText(context: Context, { code, detail }: Problem): Response {
  return context.text(`${detail}\n`, statusOf[code]);
}
