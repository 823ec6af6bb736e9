import type { Agent } from './api-types.ts';
import { type Child, h, withVariables } from './dom.ts';
import { formatAge, formatCount } from './format.ts';
import { href } from './route.ts';

/** The states of agents, the silent ones first. */
export const stateOrder = ['down', 'late', 'recovered', 'new', 'up'] as const;

/** Beyond so many agents of one type, shares of a bar say more than dots. */
const maxDots = 260;

/** The fleet at a glance: a row a type, with a dot an agent; circles are heard in time, diamonds late, squares down. */
export function fleetGrid(agents: readonly Agent[]): Child {
  const types = Map.groupBy(agents, ({ type }) => type);
  const rows = [...types].sort(([, a], [, b]) => b.length - a.length);
  return h(
    'div',
    { class: 'fleet', role: 'table', 'aria-label': 'Agents by type and state' },
    rows.map(([type, members]) => fleetRow(type, members)),
  );
}

/** How many of the agents are in each state. */
export function countStates(agents: readonly Agent[]): Readonly<Record<Agent['state'], number>> {
  const counts = { new: 0, up: 0, late: 0, down: 0, recovered: 0 };
  for (const { state } of agents) counts[state]++;
  return counts;
}

/** How many are heard in time. */
export function countHeard(counts: ReturnType<typeof countStates>): number {
  return counts.new + counts.up + counts.recovered;
}

function fleetRow(type: string, members: readonly Agent[]): HTMLElement {
  const counts = countStates(members);
  const notable = stateOrder
    .filter((state) => state !== 'up' && counts[state] > 0)
    .map((state) =>
      h('span', { class: 'fleet-notable', 'data-state': state }, `${formatCount(counts[state])} ${state}`),
    );
  return h(
    'div',
    { class: 'fleet-row', role: 'row', 'data-key': `type-${type}` },
    h(
      'div',
      { class: 'fleet-type', role: 'rowheader' },
      h('a', { href: href(['agents'], { type }) }, type === '' ? 'no type' : type),
    ),
    h(
      'div',
      { class: 'fleet-dots', role: 'cell', 'aria-hidden': 'true' },
      members.length > maxDots ? shareBar(counts, members.length) : dots(members),
    ),
    h(
      'div',
      { class: 'fleet-counts', role: 'cell' },
      h('b', {}, formatCount(countHeard(counts))),
      ` of ${formatCount(members.length)} up`,
      notable,
    ),
  );
}

/** The silent ones first. The name of the type is the way in by keyboard; the dots are for the mouse. */
function dots(members: readonly Agent[]): Child {
  const sorted = [...members].sort(
    (a, b) =>
      stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state) ||
      a.agent.localeCompare(b.agent, 'en', { numeric: true }),
  );
  return sorted.map(({ agent, state, heartbeatAgeSeconds }) =>
    h('a', {
      class: 'dot',
      'data-state': state,
      tabindex: -1,
      href: href(['agents', agent]),
      title: `${agent}: ${state}, last heartbeat ${formatAge(heartbeatAgeSeconds)}`,
    }),
  );
}

function shareBar(counts: Readonly<Record<Agent['state'], number>>, total: number): Child {
  return h(
    'span',
    { class: 'shares' },
    stateOrder
      .filter((state) => counts[state] > 0)
      .map((state) =>
        withVariables(h('i', { class: 'share', 'data-state': state, title: `${counts[state]} ${state}` }), {
          '--ratio': counts[state] / total,
        }),
      ),
  );
}
