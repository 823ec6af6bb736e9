import type { Incident } from '../api-types.ts';
import { h } from '../dom.ts';
import { formatCountOf } from '../format.ts';
import { lastingView } from '../lasting-page.ts';
import { componentMark, stateMark } from '../marks.ts';
import { href } from '../route.ts';
import type { TableColumn } from '../table.ts';

const severityOrder = ['info', 'warning', 'critical'];

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

/** `#/incidents`, `?open=true`, `?q=`: what was wrong, newest first. */
export const incidentsView = lastingView<Incident>({
  title: 'Incidents',
  load: (api, query, maxItems) => api.incidents(query, maxItems),
  columns: incidentColumns,
  textOf: ({ title, agents, metrics, types }) => [title, ...agents, ...metrics, ...types].join(' '),
  placeholder: 'Filter by title, agent, metric',
  none: 'None. Nothing that belongs together is wrong.',
});
