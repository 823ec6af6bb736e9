import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Problem } from './answers.ts';
import { codeOf, FleetcastError } from './error.ts';
import type { Time } from './records.ts';
import { parseRetryAfter, type Sleep, withRetry } from './retry.ts';

export interface ConnectionOptions {
  /** Where the service listens, such as `http://127.0.0.1:5005`. */
  url: string;
  apiKey?: string | undefined;
  fetch?: typeof fetch | undefined;
  /** How often a request is sent before its failure counts; default 5. */
  attempts?: number | undefined;
  /** How long one attempt may take; default 120. */
  timeoutSeconds?: number | undefined;
  /** Bodies above it are sent with gzip. Default: 16 KiB, and never to this machine itself, where it only costs time. */
  gzipAboveBytes?: number | undefined;
  /** How to wait between attempts; for tests and for simulated time. */
  sleep?: Sleep | undefined;
}

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  /** In place of the client's own number. */
  attempts?: number | undefined;
}

export type QueryValue = string | number | boolean | Date | undefined;

export interface ApiRequest extends RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  query?: Record<string, QueryValue>;
  /** JSON text. */
  body?: string;
  /** Statuses beyond 2xx whose body is an answer and not an error. */
  expected?: readonly number[];
}

export interface ApiAnswer {
  status: number;
  body: unknown;
}

/** Sends one request to the API, again where that may help, and reads its JSON. */
export type SendRequest = (path: string, request?: ApiRequest) => Promise<ApiAnswer>;

const compress = promisify(gzip);
/** gzip's fastest level: the network is rarely slower than the processor here. */
const gzipLevel = 1;

/** Creates the function through which every request of a client goes. */
export function createSendRequest({
  url,
  apiKey,
  fetch = globalThis.fetch,
  attempts = 5,
  timeoutSeconds = 120,
  gzipAboveBytes = isLoopback(url) ? Number.POSITIVE_INFINITY : 16_384,
  sleep,
}: ConnectionOptions): SendRequest {
  const base = url.replace(/\/+$/, '');
  return async function sendRequest(path, request = {}) {
    const { method = 'GET', query = {}, body, signal, expected = [] } = request;
    const headers = new Headers({ accept: 'application/json' });
    if (apiKey) headers.set('authorization', `Bearer ${apiKey}`);
    if (body !== undefined) headers.set('content-type', 'application/json');
    const isLarge = body !== undefined && body.length > gzipAboveBytes;
    if (isLarge) headers.set('content-encoding', 'gzip');
    const payload = isLarge ? await compress(body, { level: gzipLevel }) : body;

    async function attempt(): Promise<ApiAnswer> {
      const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
      try {
        const response = await fetch(base + path + queryString(query), {
          method,
          headers,
          ...(payload === undefined ? {} : { body: payload }),
          signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        });
        const answer = { status: response.status, body: parse(await response.text()) };
        if (response.ok || expected.includes(response.status)) return answer;
        throw answerError(`${method} ${path}`, answer, response.headers.get('retry-after'));
      } catch (cause) {
        if (cause instanceof FleetcastError || signal?.aborted) throw cause;
        throw new FleetcastError(`no answer from ${base}: ${codeOf(cause) ?? (cause as Error).message}`, { cause });
      }
    }
    return withRetry(attempt, { attempts: request.attempts ?? attempts, signal, sleep });
  };
}

/** @example toTimeText(0) // '1970-01-01T00:00:00.000Z' */
export function toTimeText(time: Time): string;
export function toTimeText(time: Time | undefined): string | undefined;
export function toTimeText(time: Time | undefined): string | undefined {
  return time === undefined || typeof time === 'string' ? time : new Date(time).toISOString();
}

function answerError(what: string, { status, body }: ApiAnswer, retryAfter: string | null): FleetcastError {
  const problem = typeof body === 'object' && body !== null ? (body as Problem) : undefined;
  const fields = problem?.errors?.map(({ pointer, detail }) => `${pointer}: ${detail}`) ?? [];
  const reason = problem?.detail ?? problem?.title ?? (typeof body === 'string' ? body.slice(0, 200) : '');
  return new FleetcastError([`${what}: ${status} ${reason}`.trimEnd(), ...fields.slice(0, 3)].join('; '), {
    status,
    problem,
    retryAfterSeconds: parseRetryAfter(retryAfter, Date.now()),
  });
}

/** An answer that is not JSON comes from somebody on the way, such as a proxy. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function queryString(query: Record<string, QueryValue>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, value instanceof Date ? value.toISOString() : String(value));
  }
  return parameters.size > 0 ? `?${parameters}` : '';
}

function isLoopback(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
