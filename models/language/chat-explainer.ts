import { createBoundedFetch } from './bounded-fetch.ts';
import { cleanAnswer } from './clean-answer.ts';
import { type Explainer, LanguageModelError } from './explainer.ts';
import { type ChatMessage, renderPrompt } from './prompt.ts';

/** How a provider is reached; `url` is the base of its API. */
export interface ProviderOptions {
  url?: string | undefined;
  model: string;
  /** Sent as a bearer token. */
  token?: string | undefined;
  timeoutSeconds: number;
}

/** One round of a chat over the given `fetch`; what it returns is not trusted to be text. */
export type Chat = (messages: ChatMessage[], boundedFetch: typeof fetch) => Promise<unknown>;

/** The part of an explainer that all providers share; a provider only says what goes over the wire. */
export function createChatExplainer({ model, timeoutSeconds }: ProviderOptions, chat: Chat): Explainer {
  return {
    model,
    async explain(facts, { signal }) {
      const messages = renderPrompt(facts);
      const answer = await chat(messages, createBoundedFetch(timeoutSeconds, signal)).catch((error: unknown) => {
        if (error instanceof LanguageModelError || signal?.aborted) throw error;
        throw badAnswer(error);
      });
      const text = typeof answer === 'string' ? cleanAnswer(answer) : '';
      if (text === '') throw badAnswer(new Error(`no text in ${JSON.stringify(answer)?.slice(0, 500)}`));
      return { text, model };
    },
  };
}

function badAnswer(cause: unknown): LanguageModelError {
  return new LanguageModelError('bad_answer', 'The language model gave no answer that can be read.', cause);
}
