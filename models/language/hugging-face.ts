import { createChatExplainer, type ProviderOptions } from './chat-explainer.ts';
import type { Explainer } from './explainer.ts';
import { maxAnswerTokens } from './prompt.ts';

/**
 * Explains through `/v1/chat/completions` of a Hugging Face inference endpoint, or of any server that speaks like
 * one (text-generation-inference, vLLM, llama.cpp); by default through Hugging Face's own router.
 */
export function createHuggingFaceExplainer(options: ProviderOptions): Explainer {
  const { url = 'https://router.huggingface.co/v1', model, token } = options;
  return createChatExplainer(options, async (messages, boundedFetch) => {
    // The package takes 150 ms to load, which a start without it need not pay.
    const { chatCompletion } = await import('@huggingface/inference');
    const { choices } = await chatCompletion(
      {
        endpointUrl: url,
        ...(token && { accessToken: token }),
        model,
        messages,
        max_tokens: maxAnswerTokens,
        temperature: 0,
      },
      // By default the package repeats a request that got a 503 at once and without end.
      { fetch: boundedFetch, retry_on_error: false },
    );
    return choices[0]?.message.content;
  });
}
