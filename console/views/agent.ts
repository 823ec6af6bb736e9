import { anomalyList } from '../anomaly-list.ts';
import type { ApiClient } from '../api-client.ts';
import { ApiError } from '../api-client.ts';
import type { Agent, SeriesInfo, SeriesPoints } from '../api-types.ts';
import { fillCounts, lastPoint } from '../columns.ts';
import { type Child, h } from '../dom.ts';
import { displayUnit, formatAge, formatCount, formatSeconds, formatValue } from '../format.ts';
import { labelList, orAbsent, stateMark, timeMark } from '../marks.ts';
import { emptyNote, facts, loadedPanel, pageHeading } from '../panel.ts';
import { href } from '../route.ts';
import { sparkline } from '../sparkline.ts';
import { type Page, settle, type ViewContext } from '../view.ts';

const dayMs = 86_400_000;
/** A line each is asked for; more would keep the service busy. */
const maxLines = 24;

/** `#/agents/ID`: one agent, its series of the last day, and what was strange about them. */
export async function agentView({ api, route, now }: ViewContext): Promise<Page> {
  const name = route.segments[1]!;
  const [agent, series, anomalies] = await Promise.all([
    settle(findAgent(api, name)),
    settle(loadSeries(api, name, now)),
    settle(api.anomalies({ agent: name }, 10)),
  ]);
  return {
    title: name,
    refreshSeconds: 15,
    render: () => [
      pageHeading({
        title: name,
        isCode: true,
        back: { href: href(['agents']), text: 'Agents' },
        aside: agent.ok && stateMark(agent.value.state),
      }),
      loadedPanel({ title: 'State' }, agent, agentFacts),
      h(
        'div',
        { class: 'columns wide-left' },
        loadedPanel(
          { title: 'Series of the last 24 hours', note: series.ok && formatCount(series.value.count) },
          series,
          ({ lines, count }) => [
            lines.length === 0
              ? emptyNote('It has sent no samples.')
              : h(
                  'ul',
                  { class: 'sparklines' },
                  lines.map((line) => sparklineItem(line, now)),
                ),
            count > lines.length && emptyNote(`The first ${lines.length} of ${count} are shown.`),
          ],
        ),
        loadedPanel({ title: 'Anomalies' }, anomalies, (all) => anomalyList(all, now)),
      ),
    ],
  };
}

/** There is no question for one agent by name, so all are asked for. */
async function findAgent(api: ApiClient, name: string): Promise<Agent> {
  const agent = (await api.agents()).find((each) => each.agent === name);
  if (agent !== undefined) return agent;
  throw new ApiError({
    status: 404,
    title: 'Not found',
    detail: `No heartbeat of an agent named ${JSON.stringify(name)} is known.`,
  });
}

interface Line {
  series: SeriesInfo;
  points: SeriesPoints;
}

async function loadSeries(api: ApiClient, agent: string, now: number): Promise<{ lines: Line[]; count: number }> {
  const all = await api.series({ agent });
  const range = { from: now - dayMs, to: now, step: 'minute' };
  const lines = await Promise.all(
    all.slice(0, maxLines).map(async (series) => ({ series, points: await api.points(series.id, range) })),
  );
  return { lines, count: all.length };
}

function agentFacts({
  type,
  version,
  status,
  lastSeenAt,
  heartbeatAgeSeconds,
  intervalSeconds,
  firstSeenAt,
  clockSkewSeconds,
  labels,
}: Agent): Child {
  const hasLabels = Object.keys(labels).length > 0;
  return facts([
    ['Last heartbeat', timeMark(lastSeenAt, formatAge(heartbeatAgeSeconds))],
    ['Promised every', formatSeconds(intervalSeconds)],
    ['Says of itself', status],
    ['Type', type === '' ? orAbsent(type) : h('a', { href: href(['agents'], { type }) }, type)],
    ['Version', orAbsent(version)],
    ['First seen', timeMark(firstSeenAt)],
    ['Its clock', clockText(clockSkewSeconds)],
    ...(hasLabels ? [['Labels', h('span', { class: 'labels' }, labelList(labels))] as const] : []),
  ]);
}

/** How far a clock is from ours; within a tenth of a second it may as well be the network. */
function clockText(skewSeconds: number | null): string {
  if (skewSeconds === null) return 'not known yet';
  const size = Math.abs(skewSeconds);
  return size < 0.1 ? 'right' : `${formatSeconds(size)} ${skewSeconds > 0 ? 'ahead' : 'behind'}`;
}

function sparklineItem({ series, points }: Line, now: number): HTMLElement {
  const last = lastPoint(points.times, points.values);
  const { times, values } = points;
  const counts = fillCounts(times, values, { stepMs: points.stepSeconds * 1000, untilMs: now });
  const line = series.aggregation === 'sum' ? counts : { times, columns: [values] };
  const from = Math.min(Math.max(now - dayMs, Date.parse(series.firstTime)), now - 60_000);
  const unit = displayUnit(series.metric, series.unit);
  return h(
    'li',
    { 'data-key': series.id },
    h(
      'a',
      { href: href(['series', series.id]) },
      h('span', { class: 'sparkline-name mono' }, series.metric),
      h('span', { class: 'labels' }, labelList(series.labels, { without: ['agent'] })),
      sparkline(line.times, line.columns[0]!, [from, now]),
      h('span', { class: 'sparkline-value' }, last === undefined ? 'nothing in 24 h' : formatValue(last.value, unit)),
    ),
  );
}
