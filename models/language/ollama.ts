import { Ollama } from 'ollama';
import { createChatExplainer, type ProviderOptions } from './chat-explainer.ts';
import type { Explainer } from './explainer.ts';
import { maxAnswerTokens } from './prompt.ts';

/** Explains through `/api/chat` of an Ollama server, by default the one of this machine. */
export function createOllamaExplainer(options: ProviderOptions): Explainer {
  const { url = 'http://127.0.0.1:11434', model, token } = options;
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  return createChatExplainer(options, async (messages, boundedFetch) => {
    const client = new Ollama({ host: url, fetch: boundedFetch, headers });
    const { message } = await client.chat({
      model,
      messages,
      stream: false,
      // A model that thinks first would spend all its tokens on that.
      think: false,
      options: { num_predict: maxAnswerTokens, temperature: 0 },
    });
    return message.content;
  });
}
