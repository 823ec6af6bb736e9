import type { ApiClient } from './api-client.ts';
import { demoCommand, emptyWithCommand } from './command-box.ts';
import { type Child, h } from './dom.ts';
import { formatAge, formatSeconds } from './format.ts';
import { type Lasting, lastedSeconds } from './lasting.ts';
import { listPage } from './list-page.ts';
import { choices, timeMark } from './marks.ts';
import { emptyNote } from './panel.ts';
import { hrefWith, type Route } from './route.ts';
import type { TableColumn } from './table.ts';
import { settle, type View } from './view.ts';

const maxItems = 500;

interface LastingOptions<Row> {
  title: string;
  load(api: ApiClient, query: { open?: 'true' }, maxItems: number): Promise<readonly Row[]>;
  columns: readonly TableColumn<Row>[];
  textOf(row: Row): string;
  placeholder: string;
  /** What is said where there are none. */
  none: string;
  secondsOf?(row: Row, now: number): number;
}

/** A page of what begins and, sooner or later, ends, newest first; `?open=true` leaves out what has ended. */
export function lastingView<Row extends Lasting & { id: string }>({
  title,
  load,
  columns,
  textOf,
  placeholder,
  none,
  secondsOf = lastedSeconds,
}: LastingOptions<Row>): View {
  return async ({ api, route, now }) => {
    const query = openQuery(route);
    const rows = await settle(load(api, query, maxItems));
    return {
      title,
      render: (current) =>
        listPage({
          title,
          panelTitle: query.open ? 'Open' : 'Newest first',
          rows,
          columns: [...columns, ...lastingColumns(now, secondsOf)],
          keyOf: ({ id }) => id,
          textOf,
          placeholder,
          choices: () => openChoices(`Which ${title.toLowerCase()}`, current),
          empty: query.open ? emptyNote(none) : emptyWithCommand(`${none} A simulated fleet has some:`, demoCommand),
          route: current,
        }),
    };
  };
}

function openQuery(route: Route): { open?: 'true' } {
  return route.query.get('open') === 'true' ? { open: 'true' } : {};
}

function openChoices(label: string, route: Route): Child {
  const { open } = openQuery(route);
  return choices(label, [
    { text: 'all', href: hrefWith(route, { open: undefined }), isCurrent: open === undefined },
    { text: 'open', href: hrefWith(route, { open: 'true' }), isCurrent: open !== undefined },
  ]);
}

/** When it began and how long it has lasted. */
function lastingColumns<Row extends Lasting>(
  now: number,
  secondsOf: (row: Row, now: number) => number,
): TableColumn<Row>[] {
  return [
    {
      id: 'started',
      title: 'Began',
      isNumber: true,
      sortBy: ({ startedAt }) => Date.parse(startedAt),
      cell: ({ startedAt }) => [timeMark(startedAt), h('small', {}, formatAge((now - Date.parse(startedAt)) / 1000))],
    },
    {
      id: 'duration',
      title: 'Duration',
      isNumber: true,
      sortBy: (row) => secondsOf(row, now),
      cell: (row) => formatSeconds(secondsOf(row, now)),
    },
  ];
}
