import { type Child, h } from './dom.ts';
import type { Loaded } from './view.ts';

interface PanelOptions {
  title: string;
  /** A word or two beside the title, such as a count. */
  note?: Child;
  /** Links or controls at the right end of the title. */
  actions?: Child;
  class?: string;
}

/** A titled box of a page. */
export function panel({ title, note, actions, class: extra = '' }: PanelOptions, ...content: Child[]): HTMLElement {
  const header = h(
    'header',
    {},
    h('h2', {}, title),
    note && h('span', { class: 'note' }, note),
    actions && h('div', { class: 'actions' }, actions),
  );
  return h(
    'section',
    { class: `panel ${extra}`.trim(), 'data-key': `panel-${title}`, 'aria-label': title },
    header,
    content,
  );
}

/** A panel of something that was asked of the API: its content, or in its place the problem. */
export function loadedPanel<T>(options: PanelOptions, loaded: Loaded<T>, render: (value: T) => Child): HTMLElement {
  if (loaded.ok) return panel(options, render(loaded.value));
  return panel(options, problemNote({ title: loaded.error.title, detail: loaded.error.message }));
}

/** What went wrong, in place of what should be there. */
export function problemNote({ title, detail }: { title: string; detail: string }): HTMLElement {
  return h('div', { class: 'problem', role: 'alert' }, h('strong', {}, title), h('p', {}, detail));
}

/** What is said where there is nothing to show. */
export function emptyNote(...content: Child[]): HTMLElement {
  return h('p', { class: 'empty' }, content);
}

/** The heading of a page, with the way back. */
export function pageHeading({
  title,
  back,
  aside,
  isCode = false,
}: {
  title: Child;
  back?: { href: string; text: string };
  aside?: Child;
  isCode?: boolean;
}): HTMLElement {
  return h(
    'div',
    { class: 'heading' },
    back && h('a', { class: 'back', href: back.href }, `\u2190 ${back.text}`),
    h(
      'div',
      { class: 'heading-row' },
      h('h1', { class: isCode && 'mono' }, title),
      aside && h('div', { class: 'aside' }, aside),
    ),
  );
}

/** Facts by name, in one line that wraps. */
export function facts(entries: readonly (readonly [name: string, value: Child])[]): HTMLElement {
  return h(
    'dl',
    { class: 'facts' },
    entries.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  );
}
