import { h } from './dom.ts';
import type { NewKey } from './operator-types.ts';

/** The key that was made last in this tab, until somebody has put it away or left the page. */
let made: NewKey | undefined;

/** Shows a key that was just made; it is not to be had again. */
export function showNewKey(key: NewKey): void {
  made = key;
  window.addEventListener('hashchange', () => (made = undefined), { once: true });
  window.dispatchEvent(new Event('querychange'));
}

/** The note with the key, or nothing. */
export function newKeyNote(): HTMLElement | undefined {
  if (made === undefined) return undefined;
  const { key, name } = made;
  const copy = async (event: Event) => {
    const button = event.currentTarget as HTMLButtonElement;
    await navigator.clipboard.writeText(key);
    button.textContent = 'Copied';
  };
  const putAway = () => {
    made = undefined;
    window.dispatchEvent(new Event('querychange'));
  };
  return h(
    'section',
    { class: 'banner', role: 'status', 'data-key': 'new-key', 'aria-label': 'New key' },
    h('p', {}, h('strong', {}, `The key ${name}`), ' is shown this once. Only its hash is kept.'),
    h('pre', { class: 'new-key', tabindex: 0 }, h('code', {}, key)),
    h(
      'div',
      { class: 'actions-row' },
      navigator.clipboard !== undefined &&
        h('button', { type: 'button', class: 'quiet', onclick: (event) => void copy(event) }, 'Copy'),
      h('button', { type: 'button', class: 'quiet', onclick: putAway }, 'I have put it away'),
    ),
  );
}
