import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBoundedFetch } from '../../../models/language/bounded-fetch.ts';
import { type LanguageServer, startLanguageServer } from '../../support/language-server.ts';

let server: LanguageServer;
beforeAll(async () => {
  server = await startLanguageServer();
});
afterAll(() => server.close());

const request = { method: 'POST', body: '{}' };

/** The HTTP client inside Node's fetch, with a shorter patience than its 300 seconds. */
function impatientDispatcher(): object {
  const agent = Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'));
  return new agent.constructor({ headersTimeout: 1, bodyTimeout: 1 });
}

test.each(['hang', 'stall'] as const)(
  'calls it a timeout when Node itself gives up on servers that %s',
  async (kind) => {
    server.behave({ kind: 'answer', text: 'It rose.' });
    const boundedFetch = createBoundedFetch(600);
    await boundedFetch(`${server.url}/api/chat`, request);
    server.behave({ kind });
    const impatient: RequestInit & { dispatcher: object } = { ...request, dispatcher: impatientDispatcher() };
    await expect(boundedFetch(`${server.url}/api/chat`, impatient)).rejects.toMatchObject({
      kind: 'timeout',
      message: 'The language model did not answer in time.',
    });
  },
);

test('takes a timeout that is no whole number of milliseconds', async () => {
  server.behave({ kind: 'answer', text: 'It rose.' });
  const response = await createBoundedFetch(1.00051)(`${server.url}/api/chat`, request);
  expect(await response.json()).toMatchObject({ message: { content: 'It rose.' } });
});
