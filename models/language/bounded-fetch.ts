import { LanguageModelError } from './explainer.ts';

const maxReplyBytes = 256 * 1024;

/**
 * A `fetch` that ends: after `timeoutSeconds` from its call to the last byte of the body, or when `signal` aborts, or
 * when the body passes 256 KiB. The response it returns is whole and has a status of 2xx. Redirects are not followed,
 * so the facts go to no other host than the configured one.
 *
 * @throws LanguageModelError, or the reason of `signal`
 */
export function createBoundedFetch(timeoutSeconds: number, signal?: AbortSignal): typeof fetch {
  return async (input, init) => {
    const deadline = AbortSignal.timeout(Math.ceil(timeoutSeconds * 1000));
    try {
      const ended = AbortSignal.any(signal ? [deadline, signal] : [deadline]);
      const response = await fetch(input, { ...init, redirect: 'manual', signal: ended });
      const body = await readBody(response);
      if (!response.ok) throw refusal(response, body);
      return new Response(body, { headers: { 'content-type': response.headers.get('content-type') ?? '' } });
    } catch (error) {
      if (error instanceof LanguageModelError) throw error;
      if (signal?.aborted) throw signal.reason;
      throw connectionError(error, deadline.aborted, timeoutSeconds);
    }
  };
}

async function readBody({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxReplyBytes) {
      throw new LanguageModelError('bad_answer', `The language model server sent more than ${maxReplyBytes} bytes.`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function refusal({ status, url }: Response, body: string): LanguageModelError {
  const cause = new Error(`${url} answered ${status}: ${body.slice(0, 500)}`);
  return new LanguageModelError('refused', `The language model server answered with status ${status}.`, cause);
}

function connectionError(cause: unknown, isPastDeadline: boolean, timeoutSeconds: number): LanguageModelError {
  if (isPastDeadline) {
    const message = `The language model did not answer within ${timeoutSeconds} seconds.`;
    return new LanguageModelError('timeout', message, cause);
  }
  // Node's own fetch gives up after 300 seconds without a header or a byte, whatever the deadline.
  if (cause instanceof Error && /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/.test(codeOf(cause.cause))) {
    return new LanguageModelError('timeout', 'The language model did not answer in time.', cause);
  }
  return new LanguageModelError('unreachable', 'The language model server cannot be reached.', cause);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
