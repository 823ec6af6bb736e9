import { h } from './dom.ts';
import { choices } from './marks.ts';
import { parseQuantity } from './quantity.ts';
import { hrefWith, type Route } from './route.ts';

/** What the page asks, as its address says it; nothing without a metric and a limit. */
export interface CapacityInquiry {
  metric: string;
  limit: string;
  direction: 'above' | 'below';
  by: 'series' | 'agent' | 'type' | 'fleet';
  horizonDays: number;
}

export const groupings = ['series', 'agent', 'type', 'fleet'] as const;
const horizons = [3, 10, 30, 90] as const;

/** Reads the question out of the address. */
export function readInquiry({ query }: Route): CapacityInquiry {
  const horizon = Number(query.get('days'));
  return {
    metric: query.get('metric') ?? '',
    limit: query.get('limit') ?? '',
    direction: query.get('direction') === 'below' ? 'below' : 'above',
    by: groupings.find((each) => each === query.get('by')) ?? 'series',
    horizonDays: horizons.find((each) => each === horizon) ?? 30,
  };
}

/** Asks for a metric and a limit; the rest is chosen by links. All of it stands in the address. */
export function capacityForm(metrics: readonly string[], route: Route): HTMLElement {
  const { metric, limit, direction, by, horizonDays } = readInquiry(route);
  const onsubmit = (event: Event) => {
    event.preventDefault();
    const { elements } = event.currentTarget as HTMLFormElement;
    const given = (name: string) => (elements.namedItem(name) as HTMLInputElement).value.trim();
    const typed = given('limit');
    location.hash = hrefWith(route, { metric: given('metric'), limit: String(parseQuantity(typed) ?? typed) });
  };
  const choice = (
    label: string,
    name: string,
    current: string | number,
    options: readonly (readonly [string | number, string])[],
  ) =>
    choices(
      label,
      options.map(([value, text]) => ({
        text,
        href: hrefWith(route, { [name]: String(value) }),
        isCurrent: value === current,
      })),
    );
  return h(
    'form',
    { class: 'inline-form', onsubmit },
    h(
      'label',
      {},
      'Metric',
      h(
        'select',
        { name: 'metric', 'data-key': 'metric' },
        h('option', { value: '', selected: metric === '' }, 'Choose a metric'),
        metrics.map((each) => h('option', { value: each, selected: each === metric }, each)),
      ),
    ),
    h(
      'label',
      {},
      'Limit',
      h('input', {
        name: 'limit',
        required: true,
        value: limit,
        placeholder: '16 GiB, 90 %, 250',
        'data-key': 'limit',
      }),
    ),
    h('button', { type: 'submit' }, 'Ask'),
    h(
      'div',
      { class: 'choice-row' },
      choice('Direction', 'direction', direction, [
        ['above', 'rises above'],
        ['below', 'falls below'],
      ]),
      choice(
        'By',
        'by',
        by,
        groupings.map((each) => [each, each === 'fleet' ? 'the whole fleet' : `by ${each}`] as const),
      ),
      choice(
        'Horizon',
        'days',
        horizonDays,
        horizons.map((each) => [each, `${each} d`] as const),
      ),
    ),
  );
}
