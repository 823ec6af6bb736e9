import { type Child, h } from './dom.ts';
import { formatCount } from './format.ts';
import { hrefWith, type Route } from './route.ts';

export interface TableColumn<Row> {
  id: string;
  title: string;
  cell(row: Row): Child;
  /** What the column is sorted by; without it, it is not. */
  sortBy?(row: Row): string | number;
  isNumber?: boolean;
}

interface TableOptions<Row> {
  label: string;
  columns: readonly TableColumn<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string;
  route: Route;
  /** The rows come in the order of this column: `age`, or `-age` for the largest first. */
  defaultSort?: string;
  /** How many are shown until somebody asks for more, by `?rows=`. */
  maxRows?: number;
  /** Of few, short columns: stays a table on a narrow screen too. */
  isSmall?: boolean;
}

/**
 * A table whose headings sort it. The order is part of the address (`?sort=-age`), so it can be sent to somebody. On a
 * narrow screen each row becomes a card.
 */
export function table<Row>({
  label,
  columns,
  rows,
  keyOf,
  route,
  defaultSort = '',
  maxRows = 100,
  isSmall = false,
}: TableOptions<Row>): Child {
  const sort = route.query.get('sort') ?? defaultSort;
  const sorted = sortRows(rows, columns, sort);
  const head = h(
    'tr',
    {},
    columns.map((column) => heading(column, sort, route)),
  );
  const shown = Math.max(maxRows, Number(route.query.get('rows')) || 0);
  const body = sorted.slice(0, shown).map((row) =>
    h(
      'tr',
      { 'data-key': keyOf(row) },
      columns.map((column) =>
        h('td', { class: column.isNumber && 'number', 'data-label': column.title }, h('div', {}, column.cell(row))),
      ),
    ),
  );
  const rest =
    rows.length > shown &&
    h(
      'p',
      { class: 'empty' },
      `The first ${formatCount(shown)} of ${formatCount(rows.length)} are shown. `,
      h('a', { href: hrefWith(route, { rows: String(shown + 4 * maxRows) }) }, 'Show more'),
    );
  return [
    h(
      'div',
      { class: 'table-box' },
      h('table', { 'aria-label': label, class: !isSmall && 'cards' }, h('thead', {}, head), h('tbody', {}, body)),
    ),
    rest,
  ];
}

/** Rows in the order that `sort` names; the order given where it names no column that can be sorted. */
export function sortRows<Row>(rows: readonly Row[], columns: readonly TableColumn<Row>[], sort: string): Row[] {
  const isDescending = sort.startsWith('-');
  const sortBy = columns.find(({ id }) => id === sort.replace(/^-/, ''))?.sortBy;
  if (sortBy === undefined) return [...rows];
  const sign = isDescending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, value: sortBy(row) }));
  return keyed.sort((a, b) => sign * compare(a.value, b.value)).map(({ row }) => row);
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}

function heading<Row>(
  { id, title, sortBy, isNumber = false }: TableColumn<Row>,
  sort: string,
  route: Route,
): HTMLElement {
  if (sortBy === undefined) return h('th', { scope: 'col', class: isNumber && 'number' }, title);
  const order = sort === id ? 'ascending' : sort === `-${id}` ? 'descending' : undefined;
  const next = sort === id ? `-${id}` : id;
  const arrow = order === 'ascending' ? '\u2191' : order === 'descending' ? '\u2193' : '';
  const link = h(
    'a',
    { class: 'sort', href: hrefWith(route, { sort: next }) },
    title,
    h('span', { class: 'arrow', 'aria-hidden': 'true' }, arrow),
  );
  return h('th', { scope: 'col', class: isNumber && 'number', 'aria-sort': order }, link);
}
