import type { Capacity, CapacityRow, SeriesInfo } from '../api-types.ts';
import { capacityChart } from '../capacity-chart.ts';
import { type CapacityInquiry, capacityForm, readInquiry } from '../capacity-form.ts';
import { emptyWithCommand, sampleCommand } from '../command-box.ts';
import { type Child, h } from '../dom.ts';
import { absent, displayUnit, formatCount, formatRatio, formatSeconds, formatValue } from '../format.ts';
import { labelList, labelText, stateMark, timeMark } from '../marks.ts';
import { emptyNote, loadedPanel, pageHeading } from '../panel.ts';
import { href } from '../route.ts';
import { type TableColumn, table } from '../table.ts';
import { type Loaded, type Page, settle, type ViewContext, valueOr } from '../view.ts';

const reasons: Readonly<Record<string, string>> = {
  beyond_horizon: 'gets there, but later',
  resets: 'is reset before it gets there',
  moving_away: 'moves away from it',
  no_trend: 'does not move towards it',
  insufficient_history: 'has too little history',
  no_limit: 'has no limit',
};

/** `#/capacity?metric=&limit=&direction=&by=&days=`: when a metric reaches a limit, what is reached first on top. */
export async function capacityView({ api, route }: ViewContext): Promise<Page> {
  const inquiry = readInquiry(route);
  const isAsked = inquiry.metric !== '' && inquiry.limit !== '';
  const [series, capacity] = await Promise.all([
    settle(api.series()),
    isAsked ? settle(api.capacity(inquiry)) : undefined,
  ]);
  const metrics = [...new Set(valueOr(series, []).map(({ metric }) => metric))].sort();
  return {
    title: 'Capacity',
    refreshSeconds: 300,
    render: (current) => [
      pageHeading({ title: 'Capacity' }),
      loadedPanel({ title: 'When does it run out?' }, series, () =>
        metrics.length === 0
          ? emptyWithCommand(
              'No series yet; its capacity is told once it has been seen for some days:',
              sampleCommand(),
            )
          : capacityForm(metrics, current),
      ),
      capacity === undefined
        ? metrics.length > 0 &&
          emptyNote('Choose a metric and a limit: the answer is a date for each, with an early and a late one.')
        : answerPanel(capacity, inquiry, valueOr(series, []), (rows, columns) =>
            table({ label: 'Capacity', columns, rows, keyOf, route: current }),
          ),
    ],
  };
}

/** The API tells those that are reached first. */
function describeCount({ items, nextCursor }: Capacity): string {
  const count = formatCount(items.length);
  return nextCursor === null ? count : `the first ${count}`;
}

const keyOf = ({ seriesId, agent, type }: CapacityRow) => `${seriesId} ${agent} ${type}`;

function answerPanel(
  capacity: Loaded<Capacity>,
  inquiry: CapacityInquiry,
  series: readonly SeriesInfo[],
  draw: (rows: readonly CapacityRow[], columns: readonly TableColumn<CapacityRow>[]) => Child,
): Child {
  const { metric } = inquiry;
  const unit = displayUnit(metric, series.find((each) => each.metric === metric)?.unit ?? '');
  const title = `${metric} ${inquiry.direction} ${formatValue(Number(inquiry.limit), unit)}`;
  const note = capacity.ok && describeCount(capacity.value);
  return loadedPanel({ title, note }, capacity, ({ items, asOf, cellSeconds }) =>
    items.length === 0
      ? emptyNote('All of them have been silent for a day.')
      : [
          draw(items, columnsOf(inquiry, unit, cellSeconds)),
          h(
            'p',
            { class: 'footnote' },
            'As of ',
            timeMark(asOf),
            ', from the hourly extremes. The early and the late date hold it between them with a probability of 80 %.',
          ),
        ],
  );
}

function columnsOf({ by }: CapacityInquiry, unit: string, cellSeconds: number): readonly TableColumn<CapacityRow>[] {
  return [
    { id: 'what', title: by === 'series' ? 'Series' : by, sortBy: nameOf, cell: subjectOf },
    {
      id: 'left',
      title: 'Time left',
      sortBy: ({ daysLeft, daysLeftLow }) => daysLeft ?? 1e6 + (daysLeftLow ?? 1e6),
      cell: (row) => timeLeft(row, cellSeconds),
    },
    {
      id: 'probability',
      title: 'Probability',
      isNumber: true,
      sortBy: ({ probability }) => probability ?? -1,
      cell: ({ probability }) => formatRatio(probability),
    },
    {
      id: 'latest',
      title: 'Now',
      isNumber: true,
      sortBy: ({ latest }) => latest ?? 0,
      cell: ({ latest, limit }) => [
        h('b', {}, formatValue(latest, unit)),
        h('small', {}, `limit ${formatValue(limit, unit)}`),
      ],
    },
    {
      id: 'growth',
      title: 'A day',
      isNumber: true,
      sortBy: ({ growthPerDay }) => growthPerDay ?? 0,
      cell: ({ growthPerDay }) =>
        growthPerDay === null ? absent : `${growthPerDay > 0 ? '+' : ''}${formatValue(growthPerDay, unit)}`,
    },
    {
      id: 'outlook',
      title: 'Outlook',
      cell: ({ outlook, limit }) => outlook && limit !== null && capacityChart(outlook, limit),
    },
  ];
}

function nameOf({ agent, type, labels }: CapacityRow): string {
  return Object.keys(labels).length > 0 ? labelText(labels) : agent || type || 'fleet';
}

function subjectOf({ seriesId, agent, type, labels, series }: CapacityRow): Child {
  if (seriesId !== null)
    return [
      h('a', { class: 'strong', href: href(['series', seriesId], { range: '28d' }) }, agent || 'series'),
      h('span', { class: 'labels' }, labelList(labels, { without: ['agent'] })),
    ];
  if (agent !== '') return h('a', { class: 'strong', href: href(['agents', agent]) }, agent);
  return [h('b', {}, type || 'fleet'), h('small', {}, `${formatCount(series)} series`)];
}

function timeLeft(row: CapacityRow, cellSeconds: number): Child {
  const { passed, reachedAt, daysLeft, daysLeftLow, daysLeftHigh, reason, needed, available } = row;
  if (passed && reachedAt !== null) return [stateMark('open', 'passed'), h('small', {}, 'since ', timeMark(reachedAt))];
  const early = daysLeftLow === null ? '' : `early ${formatDays(daysLeftLow)}`;
  if (daysLeft === null || reachedAt === null) {
    const why = reason === null ? absent : (reasons[reason] ?? reason);
    const seen = formatSeconds((available ?? 0) * cellSeconds);
    const lacks = needed === null ? '' : `${seen} of ${formatSeconds(needed * cellSeconds)} seen`;
    return [h('span', { class: 'quiet' }, why), h('small', {}, lacks || early)];
  }
  const late = daysLeftHigh === null ? 'late beyond the horizon' : `late ${formatDays(daysLeftHigh)}`;
  return [h('b', {}, formatDays(daysLeft)), ' ', timeMark(reachedAt), h('small', {}, `${early}, ${late}`)];
}

/** `12 d`, and hours where a day is too coarse. */
function formatDays(days: number): string {
  return days < 2 ? `${Math.round(days * 24)}\u00a0h` : `${Math.round(days)}\u00a0d`;
}
