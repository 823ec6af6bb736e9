import { type Child, h } from '../dom.ts';
import { formatAge, formatCount, formatRatio } from '../format.ts';
import { choices, meter, orAbsent, timeMark } from '../marks.ts';
import type { Cardinality, Overflow } from '../operator-types.ts';
import { emptyNote, facts, loadedPanel, pageHeading, panel } from '../panel.ts';
import { href, type Route } from '../route.ts';
import { type TableColumn, table } from '../table.ts';
import { type Page, settle, type ViewContext } from '../view.ts';

const nearlyAll = 0.8;

/** `#/intake`: how many series there are of how many that may be, what they come from, and what was beyond. */
export async function cardinalityView({ api, now }: ViewContext): Promise<Page> {
  const loaded = await settle(api.cardinality());
  return {
    title: 'Series budget',
    refreshSeconds: 30,
    render: (route) => [
      pageHeading({ title: 'Series budget', aside: intakePlaces('cardinality') }),
      loadedPanel({ title: 'Budget' }, loaded, budget),
      loaded.ok && [
        h(
          'div',
          { class: 'columns' },
          topPanel('Metrics with the most series', loaded.value.metrics, 'metric', metricName, route),
          topPanel('Agents with the most series', loaded.value.agents, 'agent', agentLink, route),
        ),
        labelsPanel(loaded.value, route),
        overflowsPanel(loaded.value.overflows, now, route),
      ],
    ],
  };
}

/** The links between the two pages about what comes in. */
export function intakePlaces(current: 'cardinality' | 'quarantine'): Child {
  return choices('Intake', [
    { text: 'Series budget', href: href(['intake']), isCurrent: current === 'cardinality' },
    { text: 'Quarantine', href: href(['intake', 'quarantine']), isCurrent: current === 'quarantine' },
  ]);
}

function budget({ activeSeries, budget: of }: Cardinality): Child {
  const used = activeSeries / of.maxSeries;
  return [
    h(
      'div',
      { class: 'budget large' },
      h('span', { class: 'figure' }, formatRatio(Math.round(used * 1000) / 1000)),
      ` of the budget is used: ${formatCount(activeSeries)} of ${formatCount(of.maxSeries)} series`,
    ),
    meter(used, used >= 1 ? 'bad' : used >= nearlyAll ? 'warn' : 'good'),
    facts([
      ['Of one agent', formatCount(of.maxSeriesPerAgent)],
      ['New in a minute', formatCount(of.maxNewSeriesPerMinute)],
      ['Agents', formatCount(of.maxAgents)],
      ['Labels of a series', formatCount(of.maxLabels)],
      ['Label name', `${formatCount(of.maxLabelNameLength)} characters`],
      ['Label value', `${formatCount(of.maxLabelValueLength)} characters`],
      ['Counted while heard within', `${formatCount(of.activeHours)} h`],
    ]),
  ];
}

const metricName = (metric: string) => h('a', { class: 'mono', href: href(['series'], { q: metric }) }, metric);
const agentLink = (agent: string) => h('a', { class: 'mono', href: href(['agents', agent]) }, agent);

function topPanel<Name extends string>(
  title: string,
  rows: readonly (Record<Name, string> & { series: number })[],
  name: Name,
  show: (text: string) => Child,
  route: Route,
): HTMLElement {
  const columns: TableColumn<(typeof rows)[number]>[] = [
    { id: name, title: name === 'metric' ? 'Metric' : 'Agent', cell: (row) => show(row[name]) },
    { id: 'series', title: 'Series', isNumber: true, cell: ({ series }) => formatCount(series) },
  ];
  const keyOf = (row: (typeof rows)[number]) => row[name];
  return panel(
    { title },
    rows.length === 0 ? emptyNote('None.') : table({ label: title, columns, rows, keyOf, route, isSmall: true }),
  );
}

function labelsPanel({ labels }: Cardinality, route: Route): HTMLElement {
  const title = 'Labels with the most values';
  const columns: TableColumn<Cardinality['labels'][number]>[] = [
    { id: 'label', title: 'Label', cell: ({ label }) => h('span', { class: 'mono' }, label) },
    { id: 'values', title: 'Values', isNumber: true, cell: ({ values }) => formatCount(values) },
    { id: 'series', title: 'Series', isNumber: true, cell: ({ series }) => formatCount(series) },
  ];
  const keyOf = ({ label }: Cardinality['labels'][number]) => label;
  return panel(
    { title },
    labels.length === 0
      ? emptyNote('None.')
      : table({ label: title, columns, rows: labels, keyOf, route, isSmall: true }),
  );
}

function overflowsPanel(overflows: readonly Overflow[], now: number, route: Route): HTMLElement {
  const title = 'Beyond the budget';
  const columns: TableColumn<Overflow>[] = [
    { id: 'limit', title: 'Limit', cell: ({ exceeded }) => h('b', {}, exceeded.replaceAll('_', ' ')) },
    { id: 'agent', title: 'Agent', cell: ({ agent }) => (agent === '' ? orAbsent(agent) : agentLink(agent)) },
    { id: 'metric', title: 'First metric', cell: ({ metric }) => h('span', { class: 'mono' }, orAbsent(metric)) },
    { id: 'samples', title: 'Samples', isNumber: true, cell: ({ samples }) => formatCount(samples) },
    { id: 'began', title: 'Began', cell: ({ startedAt }) => timeMark(startedAt) },
    {
      id: 'last',
      title: 'Last',
      cell: ({ lastAt }) => timeMark(lastAt, formatAge((now - Date.parse(lastAt)) / 1000)),
    },
  ];
  const keyOf = ({ exceeded, agent, startedAt }: Overflow) => `${exceeded} ${agent} ${startedAt}`;
  return panel(
    { title, note: 'last seven days' },
    overflows.length === 0
      ? emptyNote('Nothing. Every sample is stored under its own series.')
      : table({ label: title, columns, rows: overflows, keyOf, route }),
  );
}
