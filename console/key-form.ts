import { createApiClient } from './api-client.ts';
import { h } from './dom.ts';
import { markIsland } from './morph.ts';
import { showNewKey } from './new-key-note.ts';
import { type KeyRequest, keyScopes } from './operator-types.ts';
import { knownKey } from './sign-in.ts';

const lifetimes = [
  ['', 'does not end'],
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', 'a year'],
] as const;

/** A form that makes a key. What is typed into it outlives a refresh of the page. */
export function keyForm(): HTMLElement {
  const form = h(
    'form',
    { class: 'inline-form', 'data-key': 'key-form', onsubmit: (event) => void submit(event) },
    h('label', {}, 'Name', h('input', { name: 'name', required: true, maxlength: 200, autocomplete: 'off' })),
    h(
      'fieldset',
      {},
      h('legend', {}, 'May'),
      keyScopes.map((scope) =>
        h('label', { class: 'check' }, h('input', { type: 'checkbox', name: 'scopes', value: scope }), scope),
      ),
    ),
    h(
      'label',
      {},
      'Ends after',
      h(
        'select',
        { name: 'expiresInDays' },
        lifetimes.map(([value, text]) => h('option', { value }, text)),
      ),
    ),
    rateField('requestsPerSecond', 'Requests/s'),
    rateField('recordsPerSecond', 'Records/s'),
    h('button', { type: 'submit' }, 'Make the key'),
    h(
      'p',
      { class: 'footnote' },
      'ingest sends telemetry, read sees everything, operate runs jobs and answers incidents; admin may do all of it, and make keys.',
    ),
    h('p', { class: 'field-problem', role: 'alert' }),
  );
  markIsland(form, { update: () => {} });
  return form;
}

function rateField(name: string, label: string): HTMLElement {
  const field = {
    name,
    type: 'number',
    min: 0.01,
    step: 'any',
    placeholder: 'default',
    class: 'short',
    'data-key': name,
  };
  return h('label', {}, label, h('input', field));
}

async function submit(event: Event): Promise<void> {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  const problem = form.querySelector('.field-problem')!;
  problem.textContent = '';
  try {
    const api = createApiClient({ key: knownKey(), signal: new AbortController().signal });
    const key = await api.createKey(readForm(new FormData(form)));
    form.reset();
    showNewKey(key);
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error);
  }
  window.dispatchEvent(new Event('datachange'));
}

function readForm(data: FormData): KeyRequest {
  const chosen = new Set(data.getAll('scopes').map(String));
  const numbers = ['expiresInDays', 'requestsPerSecond', 'recordsPerSecond'] as const;
  const given = numbers.filter((name) => data.get(name)).map((name) => [name, Number(data.get(name))]);
  const name = String(data.get('name')).trim();
  return { name, scopes: keyScopes.filter((scope) => chosen.has(scope)), ...Object.fromEntries(given) };
}
