import { durationSeconds, peakText } from '../anomaly-list.ts';
import type { Anomaly } from '../api-types.ts';
import { demoCommand, emptyWithCommand } from '../command-box.ts';
import { h } from '../dom.ts';
import { formatNumber } from '../format.ts';
import { lastingColumns, openChoices, openQuery } from '../lasting.ts';
import { listPage } from '../list-page.ts';
import { breakable, labelList, labelText, stateMark } from '../marks.ts';
import { emptyNote } from '../panel.ts';
import { href } from '../route.ts';
import type { TableColumn } from '../table.ts';
import { type Page, settle, type ViewContext } from '../view.ts';

const maxItems = 500;

/** `#/anomalies`, `?open=true`, `?q=`: what was strange, newest first. */
export async function anomaliesView({ api, route, now }: ViewContext): Promise<Page> {
  const query = openQuery(route);
  const rows = await settle(api.anomalies(query, maxItems));
  const columns = [...anomalyColumns, ...lastingColumns(now, durationSeconds)];
  return {
    title: 'Anomalies',
    render: (current) =>
      listPage({
        title: 'Anomalies',
        panelTitle: query.open ? 'Open' : 'Newest first',
        rows,
        columns,
        keyOf: ({ id }) => id,
        textOf: ({ metric, labels, reason }) => `${metric} ${labelText(labels)} ${reason}`,
        placeholder: 'Filter by metric, label, reason',
        choices: () => openChoices('Which anomalies', current),
        empty: query.open
          ? emptyNote('None. Every series is within its band.')
          : emptyWithCommand('None. Every series is within its band. A simulated fleet has some:', demoCommand),
        route: current,
      }),
  };
}

const anomalyColumns: readonly TableColumn<Anomaly>[] = [
  { id: 'state', title: 'State', cell: ({ endedAt }) => stateMark(endedAt === null ? 'open' : 'ended') },
  {
    id: 'series',
    title: 'Series',
    sortBy: ({ metric, labels }) => `${metric} ${labelText(labels)}`,
    cell: ({ seriesId, metric, labels }) => [
      h('a', { class: 'mono strong', href: href(['series', seriesId]) }, breakable(metric)),
      h('span', { class: 'labels' }, labelList(labels)),
    ],
  },
  {
    id: 'reason',
    title: 'Why',
    cell: (anomaly) => [
      h('a', { href: href(['anomalies', anomaly.id]) }, anomaly.reason),
      h('small', {}, peakText(anomaly)),
    ],
  },
  {
    id: 'score',
    title: 'Score',
    isNumber: true,
    sortBy: ({ peakScore }) => peakScore ?? 0,
    cell: ({ peakScore }) => h('b', {}, formatNumber(peakScore === null ? null : Number(peakScore.toPrecision(3)))),
  },
];
