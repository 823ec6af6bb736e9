import type { SeriesInfo } from '../api-types.ts';
import { h } from '../dom.ts';
import { filterBox, matchesFilter } from '../filter-box.ts';
import { displayUnit, formatAge, formatCount } from '../format.ts';
import { labelList, labelText, orAbsent, timeMark } from '../marks.ts';
import { emptyNote, loadedPanel, pageHeading } from '../panel.ts';
import { href } from '../route.ts';
import { type TableColumn, table } from '../table.ts';
import { type Page, settle, type ViewContext } from '../view.ts';

const unitNames: Readonly<Record<string, string>> = { By: 'bytes', s: 'seconds', ratio: 'ratio', '1': '' };

/** `#/series`, `?q=`: every series, with words to narrow them. */
export async function seriesListView({ api, now }: ViewContext): Promise<Page> {
  const series = await settle(api.series());
  const columns: readonly TableColumn<SeriesInfo>[] = [
    {
      id: 'metric',
      title: 'Metric',
      sortBy: ({ metric }) => metric,
      cell: ({ id, metric }) => h('a', { class: 'mono strong', href: href(['series', id]) }, metric),
    },
    {
      id: 'labels',
      title: 'Labels',
      sortBy: ({ labels }) => labelText(labels),
      cell: ({ labels }) => h('span', { class: 'labels' }, labelList(labels)),
    },
    {
      id: 'unit',
      title: 'Unit',
      cell: ({ metric, unit }) => orAbsent(unitNames[displayUnit(metric, unit)] ?? displayUnit(metric, unit)),
    },
    {
      id: 'aggregation',
      title: 'Rolled up as',
      sortBy: ({ aggregation }) => aggregation,
      cell: ({ aggregation }) => aggregation,
    },
    {
      id: 'last',
      title: 'Last sample',
      isNumber: true,
      sortBy: ({ lastTime }) => -Date.parse(lastTime),
      cell: ({ lastTime }) => timeMark(lastTime, formatAge((now - Date.parse(lastTime)) / 1000)),
    },
  ];
  return {
    title: 'Series',
    refreshSeconds: 30,
    render: (route) => [
      pageHeading({ title: 'Series' }),
      loadedPanel(
        {
          title: 'All series',
          note: series.ok && formatCount(series.value.length),
          actions: filterBox({ route, label: 'Filter series', placeholder: 'Filter by metric or label' }),
        },
        series,
        (all) => {
          const rows = all.filter(({ metric, labels }) => matchesFilter(`${metric} ${labelText(labels)}`, route));
          if (rows.length === 0)
            return emptyNote(
              all.length === 0 ? 'No series yet. Heartbeats, task events and samples make them.' : 'No series matches.',
            );
          return table({
            label: 'Series',
            columns,
            rows,
            keyOf: ({ id }) => id,
            route,
            defaultSort: 'metric',
            maxRows: 200,
          });
        },
      ),
    ],
  };
}
