import { h } from '../dom.ts';
import { href } from '../route.ts';
import type { Page } from '../view.ts';

/** What is said of a place that does not exist. */
export async function notFoundView(): Promise<Page> {
  return {
    title: 'Not found',
    render: () =>
      h(
        'section',
        { class: 'panel' },
        h('h1', {}, 'There is no such page'),
        h('p', {}, h('a', { href: href([]) }, 'To the overview')),
      ),
  };
}
