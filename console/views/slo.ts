import type { Slo, SloAlert, SloWithHistory } from '../api-types.ts';
import { type ChartSpec, chart } from '../chart.ts';
import { breakGaps } from '../columns.ts';
import { type Child, h } from '../dom.ts';
import { absent, formatCount, formatRatio } from '../format.ts';
import { meter, stateMark, timeMark } from '../marks.ts';
import { emptyNote, facts, loadedPanel, pageHeading } from '../panel.ts';
import { href, type Route } from '../route.ts';
import { budgetTone, firingMark, formatBurn, roundShare } from '../slo-card.ts';
import { table } from '../table.ts';
import { type Page, settle, type ViewContext } from '../view.ts';

const windows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;
type Window = (typeof windows)[number];
const windowNames: Readonly<Record<Window, string>> = {
  '5m': '5 min',
  '30m': '30 min',
  '1h': '1 h',
  '2h': '2 h',
  '6h': '6 h',
  '1d': '1 d',
  '3d': '3 d',
};

/** `#/slos/ID`: one objective: its budget, how fast it burns in each window, which alerts that fires, and its history. */
export async function sloView({ api, route, now }: ViewContext): Promise<Page> {
  const slo = await settle(api.slo(route.segments[1]!));
  const options = { title: 'Error budget' };
  return {
    title: slo.ok ? slo.value.name : 'Objective',
    refreshSeconds: 30,
    render: (current) => [
      pageHeading({
        title: slo.ok ? slo.value.name : 'Objective',
        back: { href: href(['slos']), text: 'Objectives' },
        aside: slo.ok && firingMark(slo.value),
      }),
      loadedPanel(options, slo, budget),
      slo.ok && loadedPanel({ title: 'Success by hour' }, slo, (value) => historyChart(value, now)),
      slo.ok &&
        h(
          'div',
          { class: 'columns' },
          loadedPanel({ title: 'Burn rate by window' }, slo, (value) => burnTable(value, current)),
          loadedPanel({ title: 'Alerts' }, slo, (value) => alertTable(value, current)),
        ),
    ],
  };
}

function budget(slo: Slo): Child {
  const {
    description,
    errorBudgetRemainingRatio: remaining,
    objective,
    windowDays,
    indicatorRatio,
    good,
    total,
    measuredRatio,
    selector,
    asOf,
  } = slo;
  return [
    description !== '' && h('p', { class: 'slo-about' }, description),
    h(
      'div',
      { class: 'budget large' },
      h('b', { class: 'figure' }, remaining === null ? 'Not measured yet' : formatRatio(roundShare(remaining))),
      remaining !== null && h('span', {}, `of the error budget of ${windowDays} days is left`),
    ),
    meter(remaining, budgetTone(remaining)),
    facts([
      ['Objective', formatRatio(objective)],
      ['Now', formatRatio(indicatorRatio)],
      ['Good of total', `${formatCount(good)} of ${formatCount(total)}`],
      ['Measured', formatRatio(measuredRatio)],
      ['Applies to', selector === '' ? 'everything' : selector],
      ['As of', asOf === null ? absent : timeMark(asOf)],
    ]),
  ];
}

function historyChart({ history, objective, id, name, windowDays }: SloWithHistory, now: number): Child {
  if (history.times.length === 0) return emptyNote('Nothing was counted yet.');
  const ratios = history.good.map((good, i) => (history.total[i] ? (good ?? 0) / history.total[i]! : null));
  const range = [
    Math.max(history.times[0]!, now - windowDays * 86_400_000),
    history.times.at(-1)! + 3_600_000,
  ] as const;
  const spec: ChartSpec = {
    key: `slo-${id}`,
    label: `${name} by hour, with the objective of ${formatRatio(objective)}. Arrow keys read single hours.`,
    unit: 'ratio',
    range,
    tables: [
      breakGaps({ times: history.times, columns: [ratios] }, 2 * 3_600_000),
      { times: range, columns: [[objective, objective]] },
    ],
    lines: [
      { name: 'Good of total', column: 0, color: '--observed', widthPixels: 1.5 },
      { name: 'Objective', column: 1, color: '--objective', widthPixels: 1.5, isDashed: true },
    ],
    bands: [],
    spans: [],
  };
  return chart(spec);
}

function burnTable({ burnRates, alerts }: Slo, route: Route): Child {
  return [
    table({
      label: 'Burn rate by window',
      isSmall: true,
      rows: windows,
      keyOf: (window) => window,
      route,
      columns: [
        { id: 'window', title: 'Last', cell: (window) => windowNames[window] },
        { id: 'burn', title: 'Burn rate', isNumber: true, cell: (window) => h('b', {}, formatBurn(burnRates[window])) },
        { id: 'bar', title: 'Of what alerts', cell: (window) => burnBar(burnRates[window] ?? null, alerts, window) },
      ],
    }),
    h(
      'p',
      { class: 'footnote' },
      'At 1\u00d7 the budget lasts exactly its window; at 14.4\u00d7 two per cent of 30 days are gone in an hour.',
    ),
  ];
}

function burnBar(rate: number | null, alerts: readonly SloAlert[], window: Window): Child {
  const factors = alerts.filter(({ long, short }) => long === window || short === window).map(({ factor }) => factor);
  if (factors.length === 0) return absent;
  const least = Math.min(...factors);
  const tone = rate === null ? 'quiet' : rate > least ? 'bad' : rate > 1 ? 'warn' : 'good';
  return h('span', { class: 'burn' }, meter(rate === null ? null : rate / least, tone), formatBurn(least));
}

function alertTable({ alerts }: Slo, route: Route): Child {
  if (alerts.length === 0) return emptyNote('None is defined.');
  return table({
    label: 'Alerts',
    isSmall: true,
    rows: alerts,
    keyOf: ({ severity, long, short }) => `${severity}-${long}-${short}`,
    route,
    columns: [
      { id: 'severity', title: 'Severity', cell: ({ severity }) => severity },
      { id: 'windows', title: 'Windows', cell: ({ long, short }) => `${windowNames[long]} and ${windowNames[short]}` },
      { id: 'factor', title: 'Above', isNumber: true, cell: ({ factor }) => formatBurn(factor) },
      {
        id: 'firing',
        title: 'State',
        cell: ({ firing }) => (firing ? stateMark('open', 'fires') : stateMark('up', 'quiet')),
      },
    ],
  });
}
