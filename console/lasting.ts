import { type Child, h } from './dom.ts';
import { formatAge, formatSeconds } from './format.ts';
import { choices, timeMark } from './marks.ts';
import { hrefWith, type Route } from './route.ts';
import type { TableColumn } from './table.ts';

/** What begins and, sooner or later, ends. */
export interface Lasting {
  startedAt: string;
  /** Null while it is open. */
  endedAt: string | null;
}

/** For how long it has lasted, in seconds. */
export function lastedSeconds({ startedAt, endedAt }: Lasting, now: number): number {
  return Math.max(0, Math.round(((endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt)) / 1000));
}

/** The columns of when it began and how long it has lasted, by `secondsOf`. */
export function lastingColumns<Row extends Lasting>(
  now: number,
  secondsOf: (row: Row, now: number) => number = lastedSeconds,
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

/** What to ask the API for: `?open=true` leaves out what has ended. */
export function openQuery(route: Route): { open?: 'true' } {
  return route.query.get('open') === 'true' ? { open: 'true' } : {};
}

/** The links between all and those that are open. */
export function openChoices(label: string, route: Route): Child {
  const { open } = openQuery(route);
  return choices(label, [
    { text: 'all', href: hrefWith(route, { open: undefined }), isCurrent: open === undefined },
    { text: 'open', href: hrefWith(route, { open: 'true' }), isCurrent: open !== undefined },
  ]);
}
