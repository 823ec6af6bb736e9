import { createApiClient } from './api-client.ts';
import { h } from './dom.ts';
import { markIsland } from './morph.ts';
import { knownKey } from './sign-in.ts';

/** A form that makes a tenant. What is typed into it outlives a refresh of the page. */
export function tenantForm(): HTMLElement {
  const text = { required: true, autocomplete: 'off' };
  const id = { ...text, name: 'id', maxlength: 63, pattern: '[a-z0-9][a-z0-9_\\-]*', title: 'a-z, 0-9, - and _' };
  const form = h(
    'form',
    { class: 'inline-form', 'data-key': 'tenant-form', onsubmit: (event) => void submit(event) },
    h('label', {}, 'Id', h('input', id)),
    h('label', {}, 'Name', h('input', { ...text, name: 'name', maxlength: 200 })),
    daysField('rawRetentionDays', 'Raw data, days', '90'),
    daysField('rollupRetentionDays', 'Rollups, days', '400'),
    h('button', { type: 'submit' }, 'Make the tenant'),
    h(
      'p',
      { class: 'footnote' },
      'Its data is apart from all others. Give it an admin key, and it makes its other keys by itself.',
    ),
    h('p', { class: 'field-problem', role: 'alert' }),
  );
  markIsland(form, { update: () => {} });
  return form;
}

function daysField(name: string, label: string, placeholder: string): HTMLElement {
  const field = { name, type: 'number', min: 1, max: 3650, placeholder, class: 'short', 'data-key': name };
  return h('label', {}, label, h('input', field));
}

async function submit(event: Event): Promise<void> {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  const problem = form.querySelector('.field-problem')!;
  problem.textContent = '';
  const data = new FormData(form);
  const text = (name: string) => String(data.get(name) ?? '').trim();
  const given = (['rawRetentionDays', 'rollupRetentionDays'] as const).filter((name) => text(name) !== '');
  try {
    const api = createApiClient({ key: knownKey(), signal: new AbortController().signal });
    const retention = Object.fromEntries(given.map((name) => [name, Number(text(name))]));
    await api.createTenant({ id: text('id'), name: text('name'), ...retention });
    form.reset();
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error);
  }
  window.dispatchEvent(new Event('datachange'));
}
