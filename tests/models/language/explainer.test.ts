import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Explainer, LanguageModelError } from '../../../models/language/explainer.ts';
import { renderPrompt } from '../../../models/language/prompt.ts';
import { createExplainer } from '../../../models/language/registry.ts';
import { type LanguageServer, startLanguageServer } from '../../support/language-server.ts';
import { freePort } from '../../support/ports.ts';
import { queueFacts } from './anomaly-facts.ts';

const model = 'llama3.2:3b';
const messages = renderPrompt(queueFacts);

/** What each provider sends; the fields are those of the servers' own documentation. */
const providers = [
  {
    provider: 'ollama',
    path: '/api/chat',
    body: { model, messages, stream: false, think: false, options: { num_predict: 240, temperature: 0 } },
    missing: `{"error":"model '${model}' not found"}`,
  },
  {
    provider: 'huggingface',
    path: '/v1/chat/completions',
    body: { model, messages, max_tokens: 240, temperature: 0 },
    missing: `{"error":{"message":"The model ${model} does not exist.","code":"model_not_found"}}`,
  },
] as const;

let server: LanguageServer;
beforeAll(async () => {
  server = await startLanguageServer();
});
afterEach(() => {
  server.requests.length = 0;
});
afterAll(() => server.close());

describe.each(providers)('the explainer of $provider', ({ provider, path, body, missing }) => {
  function create(options: { url?: string; token?: string; timeoutSeconds?: number } = {}): Explainer {
    return createExplainer({ provider, url: server.url, model, timeoutSeconds: 30, ...options })!;
  }

  function failure(explainer = create(), signal?: AbortSignal): Promise<LanguageModelError> {
    return explainer.explain(queueFacts, { signal }).then(
      ({ text }) => expect.fail(`explained: ${text}`),
      (error) => error,
    );
  }

  test('gives the cleaned text of the model, and its name', async () => {
    server.behave({ kind: 'answer', text: ' **task_queue_depth** rose to 412 tasks.\n' });
    const explainer = create();
    expect(explainer.model).toBe(model);
    expect(await explainer.explain(queueFacts, {})).toEqual({ text: 'task_queue_depth rose to 412 tasks.', model });
  });

  test('sends the prompt, the bound on tokens and nothing else, once', async () => {
    server.behave({ kind: 'answer', text: 'It rose.' });
    await create().explain(queueFacts, {});
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({ method: 'POST', path });
    expect(server.requests[0]!.headers['content-type']).toBe('application/json');
    expect(server.requests[0]!.body).toEqual(body);
  });

  test('sends the token as a bearer token, and no authorization without one', async () => {
    server.behave({ kind: 'answer', text: 'It rose.' });
    await create().explain(queueFacts, {});
    await create({ token: 'hf_secret' }).explain(queueFacts, {});
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, 'Bearer hf_secret']);
  });

  test('takes a base URL with a slash at its end', async () => {
    server.behave({ kind: 'answer', text: 'It rose.' });
    await create({ url: `${server.url}/` }).explain(queueFacts, {});
    expect(server.requests[0]!.path).toBe(path);
  });

  test('answers each of several questions at once', async () => {
    server.behave({ kind: 'answer', text: 'It rose.' });
    const explainer = create();
    const explanations = await Promise.all(Array.from({ length: 8 }, () => explainer.explain(queueFacts, {})));
    expect(explanations).toHaveLength(8);
    expect(server.requests).toHaveLength(8);
  });

  test('does not repeat a request that got a 503', async () => {
    server.behave({ kind: 'raw', status: 503, body: '{"error":"Model too busy","error_type":"overloaded"}' });
    expect(await failure()).toMatchObject({ kind: 'refused', message: expect.stringContaining('503') });
    expect(server.requests).toHaveLength(1);
  });

  test('keeps what the server said of a missing model for the operator', async () => {
    server.behave({ kind: 'raw', status: 404, body: missing });
    const error = await failure(create({ token: 'hf_secret' }));
    expect(error).toMatchObject({ name: 'LanguageModelError', kind: 'refused' });
    expect(error.message).toBe('The language model server answered with status 404.');
    expect(String(error.cause)).toContain(missing);
    expect(String(error.cause)).not.toContain('hf_secret');
  });

  test('writes nothing to the log of the process when a server answers with an error page', async () => {
    const log = vi.spyOn(console, 'log');
    server.behave({ kind: 'raw', status: 502, body: '<h1>Bad</h1>', headers: { 'content-type': 'text/html' } });
    expect(await failure()).toMatchObject({ kind: 'refused' });
    expect(log).not.toHaveBeenCalled();
    log.mockRestore();
  });

  test('follows no redirect, so that the facts go to no other host', async () => {
    server.behave({ kind: 'raw', status: 307, body: '', headers: { location: `${server.url}/elsewhere` } });
    expect(await failure()).toMatchObject({ kind: 'refused' });
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['broken JSON', { kind: 'raw', status: 200, body: '{"message":' }],
    ['an empty body', { kind: 'raw', status: 200, body: '' }],
    ['JSON of another shape', { kind: 'raw', status: 200, body: '{"choices":[],"message":{}}' }],
    ['null', { kind: 'raw', status: 200, body: 'null' }],
    ['a page', { kind: 'raw', status: 200, body: '<h1>Hello</h1>', headers: { 'content-type': 'text/html' } }],
    ['an empty text', { kind: 'answer', text: ' \n' }],
    ['a text that is only markup', { kind: 'answer', text: '<b></b>\n---\n' }],
    ['a text that is not a string', { kind: 'answer', text: { a: 1 } }],
    ['a body without end', { kind: 'flood' }],
  ] as const)('calls %s a bad answer', async (_, behaviour) => {
    server.behave(behaviour);
    expect(await failure()).toMatchObject({ name: 'LanguageModelError', kind: 'bad_answer' });
  });

  test.each(['hang', 'stall'] as const)(
    'gives up in time on a server that takes the request and will %s',
    async (kind) => {
      server.behave({ kind });
      const arrival = server.nextRequest();
      expect(await failure(create({ timeoutSeconds: 0.2 }))).toMatchObject({
        kind: 'timeout',
        message: 'The language model did not answer within 0.2 seconds.',
      });
      await (await arrival).closed;
    },
  );

  test('ends with the reason of the caller when it aborts, and lets go of the connection', async () => {
    server.behave({ kind: 'hang' });
    const controller = new AbortController();
    const arrival = server.nextRequest();
    const ended = failure(create(), controller.signal);
    const request = await arrival;
    const reason = new Error('the page was closed');
    controller.abort(reason);
    expect(await ended).toBe(reason);
    await request.closed;
  });

  test('sends nothing when the caller has aborted before', async () => {
    expect(await failure(create(), AbortSignal.abort())).toMatchObject({ name: 'AbortError' });
    expect(server.requests).toHaveLength(0);
  });

  test('calls a server that is not there unreachable, and names no host to the caller', async () => {
    const error = await failure(create({ url: `http://127.0.0.1:${await freePort()}` }));
    expect(error).toMatchObject({ kind: 'unreachable', cause: { cause: { code: 'ECONNREFUSED' } } });
    expect(error.message).toBe('The language model server cannot be reached.');
  });

  test('calls a connection that breaks in the middle unreachable', async () => {
    server.behave({ kind: 'break' });
    expect(await failure()).toMatchObject({ kind: 'unreachable' });
  });
});
