import {
  type DataSourceRef,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  StackingConfigBuilder,
  StackingMode,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  FieldColorModeId,
  type Dashboard as GrafanaDashboard,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { Band, Dashboard, Panel, Query, Status, Unit, Variable } from './dashboard.ts';

/** Chosen at the head of the dashboard, so that the same file fits every Grafana. */
const datasource: DataSourceRef = { type: 'prometheus', uid: '$datasource' };

const grafanaUnits: Record<Unit, string> = {
  count: 'short',
  ratio: 'percentunit',
  seconds: 's',
  perSecond: 'cps',
  factor: 'suffix:×',
};

const statusColors: Record<Status, string> = { good: 'green', warning: 'orange', bad: 'red' };

const panelHeight = 8;

/**
 * Renders a definition to Grafana's dashboard model, to be written as JSON. The same definition gives the same object.
 */
export function renderGrafanaDashboard(definition: Dashboard): GrafanaDashboard {
  const dashboard = new DashboardBuilder(definition.title)
    .uid(definition.uid)
    .description(definition.description)
    .tags([...definition.tags])
    .time({ from: `now-${definition.rangeHours}h`, to: 'now' })
    .refresh(`${definition.refreshSeconds}s`)
    .timezone('browser')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'));
  for (const variable of definition.variables) dashboard.withVariable(renderVariable(variable));
  let panelId = 0;
  for (const row of definition.rows) {
    dashboard.withRow(new RowBuilder(row.title).id(++panelId));
    for (const panel of row.panels) dashboard.withPanel(renderPanel(panel, ++panelId));
  }
  return dashboard.build();
}

function renderVariable({ name, title, metric, label, matchers }: Variable): QueryVariableBuilder {
  const selector = matchers ? `${metric}{${matchers}}` : metric;
  return new QueryVariableBuilder(name)
    .label(title)
    .datasource(datasource)
    .query({ query: `label_values(${selector}, ${label})`, refId: name })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

function renderPanel(panel: Panel, id: number) {
  const builder = panelOfKind(panel);
  builder
    .id(id)
    .title(panel.title)
    .description(panel.description)
    .datasource(datasource)
    .unit(grafanaUnits[panel.unit])
    .span(panel.width)
    .height(panelHeight);
  for (const [index, query] of panel.queries.entries()) {
    builder.withTarget(renderQuery(query, panel, index));
    if (query.status) builder.overrideByName(query.legend, [colorProperty(query.status)]);
  }
  if (panel.bands) builder.thresholds(renderBands(panel.bands));
  return builder;
}

function panelOfKind(panel: Panel): StatBuilder | TableBuilder | TimeseriesBuilder {
  switch (panel.kind) {
    case 'stat':
      return new StatBuilder();
    case 'table':
      return new TableBuilder().withTransformation({ id: 'organize', options: { excludeByName: { Time: true } } });
    case 'timeseries': {
      const builder = new TimeseriesBuilder().drawStyle(GraphDrawStyle.Line).axisSoftMin(0);
      if (panel.bands)
        builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
      if (!panel.stacked) return builder;
      return builder.fillOpacity(40).stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
    }
  }
}

function renderQuery({ expr, legend }: Query, { kind }: Panel, index: number): DataqueryBuilder {
  const query = new DataqueryBuilder()
    .refId(String.fromCharCode('A'.charCodeAt(0) + index))
    .datasource(datasource)
    .expr(expr)
    .legendFormat(legend);
  if (kind === 'timeseries') return query.range();
  return query.instant().format(kind === 'table' ? PromQueryFormat.Table : PromQueryFormat.TimeSeries);
}

function colorProperty(status: Status) {
  return { id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor: statusColors[status] } };
}

function renderBands(bands: readonly Band[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(bands.map(({ from, status }, i) => ({ value: i === 0 ? null : from, color: statusColors[status] })));
}
