import { anomalyList } from '../anomaly-list.ts';
import type { ApiClient } from '../api-client.ts';
import type { Forecast, SeriesInfo } from '../api-types.ts';
import { type ChartSpec, chart } from '../chart.ts';
import { type Extent, extentOf, lastPoint } from '../columns.ts';
import { type Child, h } from '../dom.ts';
import { absent, displayUnit, formatAge, formatNumber, formatRatio, formatValue, unitName } from '../format.ts';
import { choices, labelList, meter, orAbsent, timeMark } from '../marks.ts';
import { emptyNote, facts, loadedPanel, pageHeading } from '../panel.ts';
import { href, hrefWith, type Route } from '../route.ts';
import { seriesChart } from '../series-chart.ts';
import { table } from '../table.ts';
import { type Page, settle, type ViewContext } from '../view.ts';

const hourMs = 3_600_000;

interface Range {
  id: string;
  text: string;
  lengthMs: number;
  step: 'minute' | 'hour';
  refreshSeconds: number;
}

/** A longer look back changes less from one refresh to the next, and costs more. */
const ranges: readonly Range[] = [
  { id: '6h', text: '6 h', lengthMs: 6 * hourMs, step: 'minute', refreshSeconds: 10 },
  { id: '24h', text: '24 h', lengthMs: 24 * hourMs, step: 'minute', refreshSeconds: 20 },
  { id: '7d', text: '7 d', lengthMs: 168 * hourMs, step: 'minute', refreshSeconds: 60 },
  { id: '28d', text: '28 d', lengthMs: 672 * hourMs, step: 'hour', refreshSeconds: 300 },
];

/** `#/series/ID`, `?range=6h|24h|7d|28d`: one series, what was expected of it, what comes, and the models that say so. */
export async function seriesView({ api, route, now }: ViewContext): Promise<Page> {
  const id = route.segments[1]!;
  const range = rangeOf(route);
  const series = await settle(api.oneSeries(id));
  if (!series.ok) {
    return {
      title: 'Series',
      render: () => [pageHeading({ title: 'Series', back }), loadedPanel({ title: 'Series' }, series, () => undefined)],
    };
  }
  const [shown, forecasts, anomalies] = await Promise.all([
    settle(loadChart(api, series.value, range, now)),
    settle(api.forecastsOf(id)),
    settle(api.anomalies({ series: id }, 20)),
  ]);
  const rangeChoices = (current: Route) =>
    choices(
      'Time range',
      ranges.map(({ id, text }) => ({
        text,
        href: hrefWith(current, { range: id }),
        isCurrent: id === rangeOf(current).id,
      })),
    );
  return {
    title: series.value.metric,
    refreshSeconds: range.refreshSeconds,
    render: (current) => [
      pageHeading({
        title: series.value.metric,
        isCode: true,
        back,
        aside: h('span', { class: 'labels' }, labelList(series.value.labels)),
      }),
      loadedPanel({ title: 'History and forecast', actions: rangeChoices(current) }, shown, (value) => [
        value.spec === undefined
          ? emptyNote('Nothing was measured in this time. A longer range may show something.')
          : chart(value.spec),
        seriesFacts(series.value, value, now),
      ]),
      h(
        'div',
        { class: 'columns' },
        loadedPanel({ title: 'What the forecast is made of' }, forecasts, (all) => membersTable(all, current)),
        loadedPanel({ title: 'Anomalies' }, anomalies, (all) => anomalyList(all, now)),
      ),
    ],
  };
}

const back = { href: href(['series']), text: 'Series' };

function rangeOf({ query }: Route): Range {
  return ranges.find(({ id }) => id === query.get('range')) ?? ranges[1]!;
}

interface Shown {
  /** Undefined where nothing was measured. */
  spec: ChartSpec | undefined;
  extent: Extent | undefined;
  last: number | undefined;
}

async function loadChart(api: ApiClient, series: SeriesInfo, range: Range, now: number): Promise<Shown> {
  const { lengthMs } = range;
  const from = now - lengthMs;
  // Events are counted by the hour, as they are forecast, unless one looks closely.
  const step = series.aggregation === 'sum' && range.id !== '6h' ? 'hour' : range.step;
  const [points, scores, forecasts, anomalies, shifts] = await Promise.all([
    api.points(series.id, { from, to: now, step }),
    step === 'minute' ? api.scores(series.id, { from, to: now }) : undefined,
    api.forecastsOf(series.id),
    api.anomalies({ series: series.id, from, to: now }, 500),
    api.levelShifts({ series: series.id, from, to: now }, 500),
  ]);
  const forecast = forecasts.find(({ chosen }) => chosen);
  const spec = seriesChart({
    series,
    points,
    scores: scores?.times.length === 0 ? undefined : scores,
    forecast,
    anomalies,
    shifts,
    range: [from, now],
    maxAheadMs: Math.max(lengthMs / 2, 6 * hourMs),
    isTall: true,
  });
  const { times, columns } = spec.tables[0]!;
  const extent = extentOf(columns[0]!);
  return { spec: extent && spec, extent, last: lastPoint(times, columns[0]!)?.value };
}

function seriesFacts(
  { metric, unit, aggregation, firstTime, lastTime }: SeriesInfo,
  { extent, last, spec }: Shown,
  now: number,
): Child {
  const shown = (value: number | undefined) => formatValue(value, displayUnit(metric, unit));
  return facts([
    ['Last value', shown(last)],
    ['Lowest shown', shown(extent?.low)],
    ['Highest shown', shown(extent?.high)],
    ['Unit', orAbsent(unitName(displayUnit(metric, unit)))],
    ['Rolled up as', aggregation],
    ['First sample', timeMark(firstTime)],
    ['Last sample', timeMark(lastTime, formatAge((now - Date.parse(lastTime)) / 1000))],
    ...(spec?.shifts ?? [])
      .slice(-1)
      .map(({ timeMs, text }) => ['New level', [`${text}, `, timeMark(timeMs)]] as const),
    ['Limits', h('a', { href: href(['capacity'], { metric }) }, 'when is one reached?')],
  ]);
}

function membersTable(forecasts: readonly Forecast[], route: Route): Child {
  const forecast = forecasts.find(({ chosen }) => chosen);
  if (forecast === undefined)
    return emptyNote('No forecast yet. The job runs after each full hour, and a series needs some hours of history.');
  const { members, replacedBecause, mase, naiveMase, testedSteps, folds } = forecast;
  return [
    replacedBecause !== undefined && h('p', { class: 'footnote' }, `Seasonal naive stands in: ${replacedBecause}.`),
    table({
      label: 'Members of the forecast',
      isSmall: true,
      rows: members,
      keyOf: ({ forecaster }) => forecaster,
      route,
      columns: [
        { id: 'forecaster', title: 'Model', cell: ({ forecaster }) => h('span', { class: 'mono' }, forecaster) },
        {
          id: 'weight',
          title: 'Weight',
          isNumber: true,
          cell: ({ weight }) =>
            h('span', { class: 'weight' }, meter(weight, 'busy'), formatRatio(Number(weight.toFixed(2)))),
        },
        { id: 'mase', title: 'MASE', isNumber: true, cell: (member) => threeDigits(member.mase) },
      ],
    }),
    h(
      'p',
      { class: 'footnote' },
      folds === 0
        ? 'It could not be tested on its past.'
        : `In ${folds} tests on its past, up to ${testedSteps} hours ahead, together they reached a MASE of ${threeDigits(mase)}; seasonal naive reached ${threeDigits(naiveMase)}. Less is better.`,
    ),
  ];
}

function threeDigits(value: number | null): string {
  return value === null ? absent : formatNumber(Number(value.toPrecision(3)));
}
