import type { ApiError } from './api-client.ts';
import { type Child, h } from './dom.ts';

const storageKey = 'fleetcast.key';

/** The API key that was given in this tab; it is gone when the tab is closed. */
export function knownKey(): string | null {
  return sessionStorage.getItem(storageKey);
}

/** Forgets the key. */
export function forgetKey(): void {
  sessionStorage.removeItem(storageKey);
}

/** Asks for an API key, keeps it and calls `retry`. */
export function signInForm({ problem, retry }: { problem: ApiError; retry: () => void }): Child {
  const wasRefused = knownKey() !== null;
  return h(
    'form',
    {
      class: 'panel sign-in',
      onsubmit: (event) => {
        event.preventDefault();
        const input = (event.currentTarget as HTMLFormElement).elements.namedItem('key') as HTMLInputElement;
        if (input.value.trim() === '') return;
        sessionStorage.setItem(storageKey, input.value.trim());
        retry();
      },
    },
    h('h1', {}, 'This Fleetcast asks for a key'),
    h(
      'p',
      {},
      'Paste an API key with the scope ',
      h('code', {}, 'read'),
      '. It stays in this tab only, and is gone when you close it.',
    ),
    h('label', { for: 'key' }, 'API key'),
    h(
      'div',
      { class: 'field-row' },
      h('input', { id: 'key', name: 'key', type: 'password', autocomplete: 'off', required: true }),
      h('button', { type: 'submit' }, 'Open'),
    ),
    h('p', { class: 'field-problem', role: 'alert' }, wasRefused ? problem.message : ''),
  );
}
