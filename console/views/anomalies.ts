import { durationSeconds, peakText } from '../anomaly-list.ts';
import type { Anomaly } from '../api-types.ts';
import { h } from '../dom.ts';
import { filterBox, matchesFilter } from '../filter-box.ts';
import { formatAge, formatNumber, formatSeconds } from '../format.ts';
import { choices, labelList, labelText, stateMark, timeMark } from '../marks.ts';
import { emptyNote, loadedPanel, pageHeading } from '../panel.ts';
import { href, hrefWith, type Route } from '../route.ts';
import { type TableColumn, table } from '../table.ts';
import { type Page, settle, type ViewContext } from '../view.ts';

const maxItems = 500;

/** `#/anomalies`, `?open=true`, `?q=`: what was strange, newest first. */
export async function anomaliesView({ api, route, now }: ViewContext): Promise<Page> {
  const open = route.query.get('open') === 'true' ? 'true' : undefined;
  const anomalies = await settle(api.anomalies(open === undefined ? {} : { open }, maxItems));
  const columns = columnsAt(now);
  return {
    title: 'Anomalies',
    render: (current) => [
      pageHeading({ title: 'Anomalies' }),
      loadedPanel(
        {
          title: open ? 'Open' : 'Newest first',
          note: anomalies.ok && String(anomalies.value.length),
          actions: filterBox({
            route: current,
            label: 'Filter anomalies',
            placeholder: 'Filter by metric, label, reason',
          }),
        },
        anomalies,
        (all) => {
          const rows = all.filter(({ metric, labels, reason }) =>
            matchesFilter(`${metric} ${labelText(labels)} ${reason}`, current),
          );
          return [
            h('div', { class: 'choice-row' }, openChoices(current)),
            rows.length === 0
              ? emptyNote(all.length === 0 ? 'None. Every series is within its band.' : 'None matches.')
              : table({ label: 'Anomalies', columns, rows, keyOf: ({ id }) => id, route: current }),
          ];
        },
      ),
    ],
  };
}

function openChoices(route: Route) {
  const isOpen = route.query.get('open') === 'true';
  return choices('Which anomalies', [
    { text: 'all', href: hrefWith(route, { open: undefined }), isCurrent: !isOpen },
    { text: 'open', href: hrefWith(route, { open: 'true' }), isCurrent: isOpen },
  ]);
}

function columnsAt(now: number): readonly TableColumn<Anomaly>[] {
  return [
    { id: 'state', title: 'State', cell: ({ endedAt }) => stateMark(endedAt === null ? 'open' : 'ended') },
    {
      id: 'series',
      title: 'Series',
      sortBy: ({ metric, labels }) => `${metric} ${labelText(labels)}`,
      cell: ({ seriesId, metric, labels }) => [
        h('a', { class: 'mono strong', href: href(['series', seriesId]) }, metric),
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
      sortBy: (anomaly) => durationSeconds(anomaly, now),
      cell: (anomaly) => formatSeconds(durationSeconds(anomaly, now)),
    },
  ];
}
