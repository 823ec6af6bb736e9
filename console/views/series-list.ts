import type { SeriesInfo } from '../api-types.ts';
import { emptyWithCommand, sampleCommand } from '../command-box.ts';
import { h } from '../dom.ts';
import { displayUnit, formatAge, unitName } from '../format.ts';
import { listPage } from '../list-page.ts';
import { breakable, labelList, labelText, orAbsent, timeMark } from '../marks.ts';
import { href } from '../route.ts';
import type { TableColumn } from '../table.ts';
import { type Page, settle, type ViewContext } from '../view.ts';

/** `#/series`, `?q=`: every series, with words to narrow them. */
export async function seriesListView({ api, now }: ViewContext): Promise<Page> {
  const rows = await settle(api.series());
  const columns = columnsAt(now);
  return {
    title: 'Series',
    refreshSeconds: 30,
    render: (route) =>
      listPage({
        title: 'Series',
        panelTitle: 'All series',
        rows,
        columns,
        keyOf: ({ id }) => id,
        textOf: ({ metric, labels }) => `${metric} ${labelText(labels)}`,
        placeholder: 'Filter by metric or label',
        empty: emptyWithCommand(
          'No series yet. Heartbeats, task events and samples make them; this is the first:',
          sampleCommand(),
        ),
        route,
        defaultSort: 'metric',
      }),
  };
}

function columnsAt(now: number): readonly TableColumn<SeriesInfo>[] {
  return [
    {
      id: 'metric',
      title: 'Metric',
      sortBy: ({ metric, labels }) => `${metric} ${labelText(labels)}`,
      cell: ({ id, metric }) => h('a', { class: 'mono strong', href: href(['series', id]) }, breakable(metric)),
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
      cell: ({ metric, unit }) => orAbsent(unitName(displayUnit(metric, unit))),
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
}
