import type { ProviderOptions } from './chat-explainer.ts';
import type { Explainer } from './explainer.ts';
import { createHuggingFaceExplainer } from './hugging-face.ts';
import { createOllamaExplainer } from './ollama.ts';

/** Every provider of language models there is; a new one is a file, a name here and a line in `providers`. */
export const languageProviderIds = ['none', 'ollama', 'huggingface'] as const;
export type LanguageProviderId = (typeof languageProviderIds)[number];

const providers = {
  ollama: createOllamaExplainer,
  huggingface: createHuggingFaceExplainer,
} satisfies Record<Exclude<LanguageProviderId, 'none'>, (options: ProviderOptions) => Explainer>;

export interface LanguageConfig {
  provider: LanguageProviderId;
  /** The base URL of the server; each provider has a default. */
  url?: string | undefined;
  model?: string | undefined;
  token?: string | undefined;
  timeoutSeconds: number;
}

/**
 * The explainer that the settings ask for, or undefined for `none`. Nothing is sent until it is asked to explain.
 *
 * @throws Error that names the setting which is missing or cannot be used
 */
export function createExplainer({ provider, model, ...rest }: LanguageConfig): Explainer | undefined {
  if (provider === 'none') return undefined;
  if (!model) throw new Error(`language.model is missing; allowed: the name of a model that ${provider} serves`);
  assertUsable(rest.url);
  return providers[provider]({ ...rest, model });
}

function assertUsable(url: string | undefined): void {
  if (url === undefined) return;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  // The URL is not repeated in the message: it may hold a password.
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username || parsed.password) {
    throw new Error(
      'language.url cannot be used; allowed: an http or https URL without user and password (use language.token)',
    );
  }
}
