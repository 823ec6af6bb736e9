import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** What the server does with each request, until it is told otherwise. */
export type Behaviour =
  | { kind: 'answer'; text: unknown }
  | { kind: 'raw'; status: number; body: string; headers?: Record<string, string> }
  /** Takes the request and never answers. */
  | { kind: 'hang' }
  /** Sends the head and the first half of an answer, and no more. */
  | { kind: 'stall' }
  /** Sends the first half of an answer, then drops the connection. */
  | { kind: 'break' }
  /** Sends a body without end. */
  | { kind: 'flood' };

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
  /** Resolves when the client or the server has let go of the connection. */
  closed: Promise<unknown>;
}

export interface LanguageServer {
  url: string;
  /** All requests until now, in the order of their arrival. */
  requests: ReceivedRequest[];
  behave(behaviour: Behaviour): void;
  /** The next request, once its body is here. */
  nextRequest(): Promise<ReceivedRequest>;
  close(): Promise<void>;
}

/**
 * A server on loopback that speaks as much of two protocols as a client of a language model sees: Ollama's `/api/chat`
 * and `/v1/chat/completions` as Hugging Face's endpoints have it, both without streaming. Other paths get a 404.
 */
export async function startLanguageServer(): Promise<LanguageServer> {
  const requests: ReceivedRequest[] = [];
  let waiting: ((request: ReceivedRequest) => void)[] = [];
  let behaviour: Behaviour = { kind: 'answer', text: '' };

  const server = createServer(async (incoming, response) => {
    const request = await receive(incoming, response);
    requests.push(request);
    for (const resolve of waiting) resolve(request);
    waiting = [];
    respond(request, response, behaviour);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    behave(next) {
      behaviour = next;
    },
    nextRequest: () => new Promise((resolve) => waiting.push(resolve)),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function receive(incoming: IncomingMessage, response: ServerResponse): Promise<ReceivedRequest> {
  const closed = once(response, 'close');
  const { method = '', url = '', headers } = incoming;
  return { method, path: url, headers, body: (await json(incoming)) as Record<string, unknown>, closed };
}

function respond({ path, body }: ReceivedRequest, response: ServerResponse, behaviour: Behaviour): void {
  const answer = answers[path];
  if (!answer) {
    send(response, 404, '{"error":"path not found"}');
  } else if (behaviour.kind === 'answer') {
    send(response, 200, JSON.stringify(answer(String(body.model), behaviour.text)));
  } else if (behaviour.kind === 'raw') {
    send(response, behaviour.status, behaviour.body, behaviour.headers);
  } else if (behaviour.kind !== 'hang') {
    sendInPart(response, behaviour.kind, JSON.stringify(answer(String(body.model), 'All is well.')));
  }
}

function sendInPart(response: ServerResponse, kind: 'stall' | 'break' | 'flood', text: string): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  if (kind === 'flood') flood(response);
  else response.write(text.slice(0, text.length / 2), () => kind === 'break' && response.destroy());
}

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  while (!response.destroyed && response.write(chunk));
  response.once('drain', () => flood(response));
}

/** Replies as the servers' documentation shows them. */
const answers: Record<string, (model: string, text: unknown) => object> = {
  '/api/chat': (model, content) => ({
    model,
    created_at: '2026-03-02T14:05:00.123456Z',
    message: { role: 'assistant', content },
    done: true,
    done_reason: 'stop',
    total_duration: 5_191_566_416,
    load_duration: 2_154_458,
    prompt_eval_count: 326,
    prompt_eval_duration: 383_809_000,
    eval_count: 48,
    eval_duration: 4_799_921_000,
  }),
  '/v1/chat/completions': (model, content) => ({
    object: 'chat.completion',
    id: 'chatcmpl-1',
    created: 1_772_460_300,
    model,
    system_fingerprint: '3.3.5-native',
    choices: [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 326, completion_tokens: 48, total_tokens: 374 },
  }),
};
