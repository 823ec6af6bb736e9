import type { Agent } from '../api-types.ts';
import { emptyWithCommand, heartbeatCommand } from '../command-box.ts';
import { h } from '../dom.ts';
import { countStates, stateOrder } from '../fleet-grid.ts';
import { formatAge, formatCount, formatSeconds } from '../format.ts';
import { listPage } from '../list-page.ts';
import { choices, labelList, labelText, orAbsent, stateMark, timeMark } from '../marks.ts';
import { href, hrefWith, type Route } from '../route.ts';
import type { TableColumn } from '../table.ts';
import { type Page, settle, type ViewContext } from '../view.ts';

const columns: readonly TableColumn<Agent>[] = [
  {
    id: 'state',
    title: 'State',
    sortBy: ({ state }) => stateOrder.indexOf(state),
    cell: ({ state }) => stateMark(state),
  },
  {
    id: 'agent',
    title: 'Agent',
    sortBy: ({ agent }) => agent,
    cell: ({ agent }) => h('a', { class: 'strong', href: href(['agents', agent]) }, agent),
  },
  { id: 'type', title: 'Type', sortBy: ({ type }) => type, cell: ({ type }) => orAbsent(type) },
  { id: 'version', title: 'Version', sortBy: ({ version }) => version, cell: ({ version }) => orAbsent(version) },
  { id: 'status', title: 'Says', sortBy: ({ status }) => status, cell: ({ status }) => status },
  {
    id: 'age',
    title: 'Last heartbeat',
    isNumber: true,
    sortBy: ({ heartbeatAgeSeconds }) => heartbeatAgeSeconds,
    cell: ({ heartbeatAgeSeconds, lastSeenAt }) => timeMark(lastSeenAt, formatAge(heartbeatAgeSeconds)),
  },
  {
    id: 'interval',
    title: 'Promised every',
    isNumber: true,
    sortBy: ({ intervalSeconds }) => intervalSeconds,
    cell: ({ intervalSeconds }) => formatSeconds(intervalSeconds),
  },
  { id: 'labels', title: 'Labels', cell: ({ labels }) => h('span', { class: 'labels' }, labelList(labels)) },
];

/** `#/agents`, `?type=`, `?state=`, `?q=`: all agents, the silent ones first. */
export async function agentsView({ api }: ViewContext): Promise<Page> {
  const agents = await settle(api.agents());
  const rows = agents.ok ? { ...agents, value: byName(agents.value) } : agents;
  return {
    title: 'Agents',
    render: (route) =>
      listPage({
        title: 'Agents',
        panelTitle: 'All agents',
        rows,
        columns,
        keyOf: ({ agent }) => agent,
        textOf: searchText,
        placeholder: 'Filter by name, version, label',
        isChosen: choiceOf(route),
        choices: (all) => [stateChoices(route, all), typeChoices(route, all)],
        empty: emptyWithCommand('No agent has sent a heartbeat yet. This is the first:', heartbeatCommand()),
        route,
        defaultSort: 'state',
      }),
  };
}

function choiceOf(route: Route): (agent: Agent) => boolean {
  const type = route.query.get('type');
  const state = route.query.get('state');
  return (agent) => (type === null || agent.type === type) && (state === null || agent.state === state);
}

function byName(agents: readonly Agent[]): Agent[] {
  return agents.toSorted((a, b) => a.agent.localeCompare(b.agent, 'en', { numeric: true }));
}

function searchText({ agent, type, version, status, state, labels }: Agent): string {
  return [agent, type, version, status, state, labelText(labels)].join(' ');
}

function stateChoices(route: Route, all: readonly Agent[]) {
  const counts = countStates(all);
  const current = route.query.get('state');
  const shown = stateOrder.toReversed().filter((state) => state === current || counts[state] > 0);
  const states = shown.map((state) => ({
    text: `${state} ${formatCount(counts[state])}`,
    href: hrefWith(route, { state }),
    isCurrent: current === state,
  }));
  return choices('State', [
    {
      text: `all ${formatCount(all.length)}`,
      href: hrefWith(route, { state: undefined }),
      isCurrent: current === null,
    },
    ...states,
  ]);
}

function typeChoices(route: Route, all: readonly Agent[]) {
  const current = route.query.get('type');
  const types = [...Map.groupBy(all, ({ type }) => type)]
    .filter(([type]) => type !== '')
    .sort(([, a], [, b]) => b.length - a.length);
  const options = types.map(([type, members]) => ({
    text: `${type} ${formatCount(members.length)}`,
    href: hrefWith(route, { type }),
    isCurrent: current === type,
  }));
  return choices('Type', [
    { text: 'every type', href: hrefWith(route, { type: undefined }), isCurrent: current === null },
    ...options,
  ]);
}
