import { type Child, h } from './dom.ts';
import { filterBox, matchesFilter } from './filter-box.ts';
import { formatCount } from './format.ts';
import { emptyNote, loadedPanel, pageHeading } from './panel.ts';
import type { Route } from './route.ts';
import { type TableColumn, table } from './table.ts';
import type { Loaded } from './view.ts';

interface ListOptions<Row> {
  /** The name of the page and of the table. */
  title: string;
  /** Beside the heading, and between it and the table. */
  aside?: Child;
  lead?: Child;
  panelTitle: string;
  rows: Loaded<readonly Row[]>;
  columns: readonly TableColumn<Row>[];
  keyOf(row: Row): string;
  /** The text of a row that the words of the filter are looked for in. */
  textOf(row: Row): string;
  /** Of the filter: what it looks at. */
  placeholder: string;
  /** What the address chooses besides the filter, and the links that choose it. */
  isChosen?(row: Row): boolean;
  choices?(rows: readonly Row[]): Child;
  /** What is shown where there is no row at all. */
  empty: Child;
  route: Route;
  defaultSort?: string;
  maxRows?: number;
}

/** A page of things of one kind: a heading, choices, a filter and a table of those that pass both. */
export function listPage<Row>({
  title,
  aside,
  lead,
  panelTitle,
  rows,
  textOf,
  placeholder,
  isChosen = () => true,
  choices,
  empty,
  route,
  ...tableOptions
}: ListOptions<Row>): Child {
  const actions = filterBox({ route, label: `Filter ${title.toLowerCase()}`, placeholder });
  return [
    pageHeading({ title, aside }),
    lead,
    loadedPanel(
      { title: panelTitle, note: rows.ok && formatCount(rows.value.length), actions },
      rows,
      (all: readonly Row[]) => {
        const shown = all.filter((row) => isChosen(row) && matchesFilter(textOf(row), route));
        const row = choices?.(all);
        return [
          row && h('div', { class: 'choice-row' }, row),
          shown.length > 0
            ? table({ label: title, rows: shown, route, ...tableOptions })
            : all.length === 0
              ? empty
              : emptyNote('None matches.'),
        ];
      },
    ),
  ];
}
