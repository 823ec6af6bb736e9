import { describe, expect, test } from 'vitest';
import { createExplainer } from '../../../models/language/registry.ts';

describe('the registry of language models', () => {
  test('gives no explainer when no provider is chosen', () => {
    expect(createExplainer({ provider: 'none', timeoutSeconds: 30 })).toBeUndefined();
  });

  test.each(['ollama', 'huggingface'] as const)('names the setting that %s lacks', (provider) => {
    expect(() => createExplainer({ provider, timeoutSeconds: 30 })).toThrow(
      `language.model is missing; allowed: the name of a model that ${provider} serves`,
    );
  });

  test.each(['localhost:11434', 'ftp://127.0.0.1', 'http://me:secret@127.0.0.1', ''])('refuses the URL %j', (url) => {
    const create = () => createExplainer({ provider: 'ollama', model: 'm', url, timeoutSeconds: 30 });
    expect(create).toThrow('language.url cannot be used');
    expect(create).not.toThrow('secret');
  });

  test('needs no URL, for each provider has one', () => {
    expect(createExplainer({ provider: 'ollama', model: 'm', timeoutSeconds: 30 })?.model).toBe('m');
    expect(createExplainer({ provider: 'huggingface', model: 'm', timeoutSeconds: 30 })?.model).toBe('m');
  });
});
