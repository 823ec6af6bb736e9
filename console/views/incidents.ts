import type { Incident } from '../api-types.ts';
import { demoCommand, emptyWithCommand } from '../command-box.ts';
import { h } from '../dom.ts';
import { formatCountOf } from '../format.ts';
import { lastingColumns, openChoices, openQuery } from '../lasting.ts';
import { listPage } from '../list-page.ts';
import { componentMark, stateMark } from '../marks.ts';
import { emptyNote } from '../panel.ts';
import { href } from '../route.ts';
import type { TableColumn } from '../table.ts';
import { type Page, settle, type ViewContext } from '../view.ts';

const maxItems = 500;
const severityOrder = ['info', 'warning', 'critical'];

/** `#/incidents`, `?open=true`, `?q=`: what was wrong, newest first. */
export async function incidentsView({ api, route, now }: ViewContext): Promise<Page> {
  const query = openQuery(route);
  const rows = await settle(api.incidents(query, maxItems));
  const columns = [...incidentColumns, ...lastingColumns<Incident>(now)];
  return {
    title: 'Incidents',
    render: (current) =>
      listPage({
        title: 'Incidents',
        panelTitle: query.open ? 'Open' : 'Newest first',
        rows,
        columns,
        keyOf: ({ id }) => id,
        textOf: ({ title, agents, metrics, types }) => [title, ...agents, ...metrics, ...types].join(' '),
        placeholder: 'Filter by title, agent, metric',
        choices: () => openChoices('Which incidents', current),
        empty: query.open
          ? emptyNote('None. Nothing that belongs together is wrong.')
          : emptyWithCommand('None. Nothing that belongs together is wrong. A simulated fleet has some:', demoCommand),
        route: current,
      }),
  };
}

const incidentColumns: readonly TableColumn<Incident>[] = [
  { id: 'state', title: 'State', cell: ({ status }) => stateMark(status) },
  {
    id: 'severity',
    title: 'Severity',
    sortBy: ({ severity }) => severityOrder.indexOf(severity),
    cell: ({ severity }) => stateMark(severity),
  },
  {
    id: 'title',
    title: 'What',
    cell: ({ id, title, findingCount, agents }) => [
      h('a', { class: 'strong', href: href(['incidents', id]) }, title),
      h('small', {}, `${formatCountOf(findingCount, 'finding')}, ${formatCountOf(agents.length, 'agent')}`),
    ],
  },
  {
    id: 'suspect',
    title: 'First suspect',
    cell: ({ suspects: [first], agents }) =>
      first && [componentMark(first.component, agents), h('small', {}, first.reasons[0] ?? '')],
  },
];
