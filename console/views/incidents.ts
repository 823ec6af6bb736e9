import type { Incident } from '../api-types.ts';
import { h } from '../dom.ts';
import { filterBox, matchesFilter } from '../filter-box.ts';
import { formatAge, formatSeconds } from '../format.ts';
import { choices, stateMark, timeMark } from '../marks.ts';
import { emptyNote, loadedPanel, pageHeading } from '../panel.ts';
import { href, hrefWith, type Route } from '../route.ts';
import { type TableColumn, table } from '../table.ts';
import { type Page, settle, type ViewContext } from '../view.ts';

const maxItems = 500;

/** `#/incidents`, `?open=true`, `?q=`: what was wrong, newest first. */
export async function incidentsView({ api, route, now }: ViewContext): Promise<Page> {
  const open = route.query.get('open') === 'true' ? 'true' : undefined;
  const incidents = await settle(api.incidents(open === undefined ? {} : { open }, maxItems));
  const columns = columnsAt(now);
  return {
    title: 'Incidents',
    render: (current) => [
      pageHeading({ title: 'Incidents' }),
      loadedPanel(
        {
          title: open ? 'Open' : 'Newest first',
          note: incidents.ok && String(incidents.value.length),
          actions: filterBox({
            route: current,
            label: 'Filter incidents',
            placeholder: 'Filter by title, agent, metric',
          }),
        },
        incidents,
        (all) => {
          const rows = all.filter(({ title, agents, metrics, types }) =>
            matchesFilter([title, ...agents, ...metrics, ...types].join(' '), current),
          );
          return [
            h('div', { class: 'choice-row' }, openChoices(current)),
            rows.length === 0
              ? emptyNote(all.length === 0 ? 'None. Nothing that belongs together is wrong.' : 'None matches.')
              : table({ label: 'Incidents', columns, rows, keyOf: ({ id }) => id, route: current }),
          ];
        },
      ),
    ],
  };
}

function openChoices(route: Route) {
  const isOpen = route.query.get('open') === 'true';
  return choices('Which incidents', [
    { text: 'all', href: hrefWith(route, { open: undefined }), isCurrent: !isOpen },
    { text: 'open', href: hrefWith(route, { open: 'true' }), isCurrent: isOpen },
  ]);
}

const severityOrder = ['info', 'warning', 'critical'];

/** For how long an incident has lasted, in seconds. */
export function incidentSeconds({ startedAt, endedAt }: Pick<Incident, 'startedAt' | 'endedAt'>, now: number): number {
  return Math.max(0, Math.round(((endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt)) / 1000));
}

function columnsAt(now: number): readonly TableColumn<Incident>[] {
  return [
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
        h('small', {}, `${countOf(findingCount, 'finding')}, ${countOf(agents.length, 'agent')}`),
      ],
    },
    {
      id: 'suspect',
      title: 'First suspect',
      cell: ({ suspects: [first] }) => first && [first.component, h('small', {}, first.reasons[0] ?? '')],
    },
    {
      id: 'started',
      title: 'Began',
      isNumber: true,
      sortBy: ({ startedAt }) => Date.parse(startedAt),
      cell: ({ startedAt }) => [timeMark(startedAt), h('small', {}, formatAge((now - Date.parse(startedAt)) / 1000))],
    },
    {
      id: 'duration',
      title: 'Lasts',
      isNumber: true,
      sortBy: (incident) => incidentSeconds(incident, now),
      cell: (incident) => formatSeconds(incidentSeconds(incident, now)),
    },
  ];
}

/** `1 agent`, `7 agents`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
