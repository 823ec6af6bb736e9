import { durationSeconds, peakText } from '../anomaly-list.ts';
import type { Anomaly } from '../api-types.ts';
import { h } from '../dom.ts';
import { formatNumber } from '../format.ts';
import { lastingView } from '../lasting-page.ts';
import { breakable, labelList, labelText, stateMark } from '../marks.ts';
import { href } from '../route.ts';
import type { TableColumn } from '../table.ts';

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

/** `#/anomalies`, `?open=true`, `?q=`: what was strange, newest first. */
export const anomaliesView = lastingView<Anomaly>({
  title: 'Anomalies',
  load: (api, query, maxItems) => api.anomalies(query, maxItems),
  columns: anomalyColumns,
  textOf: ({ metric, labels, reason }) => `${metric} ${labelText(labels)} ${reason}`,
  placeholder: 'Filter by metric, label, reason',
  none: 'None. Every series is within its band.',
  secondsOf: durationSeconds,
});
