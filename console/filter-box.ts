import { h } from './dom.ts';
import { hrefWith, type Route } from './route.ts';

/**
 * A box for words that rows must contain. They are part of the address (`?q=`), which is replaced, not added to the
 * history, at each stroke.
 */
export function filterBox({
  route,
  label,
  placeholder,
}: {
  route: Route;
  label: string;
  placeholder: string;
}): HTMLElement {
  const oninput = (event: Event) => {
    history.replaceState(null, '', hrefWith(route, { q: (event.currentTarget as HTMLInputElement).value }));
    window.dispatchEvent(new Event('querychange'));
  };
  return h('input', {
    type: 'search',
    class: 'filter',
    'aria-label': label,
    placeholder,
    value: route.query.get('q') ?? '',
    oninput,
    'data-key': 'filter',
  });
}

/** Whether `text` has all the words of the filter, in any order and case. */
export function matchesFilter(text: string, route: Route): boolean {
  const lower = text.toLowerCase();
  return (route.query.get('q') ?? '')
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}
