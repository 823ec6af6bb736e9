import { anomalyList } from '../anomaly-list.ts';
import type { Agent, Anomaly, Incident, Slo, Status } from '../api-types.ts';
import { type Child, h } from '../dom.ts';
import { firstRun } from '../first-run.ts';
import { countHeard, countStates, fleetGrid, stateOrder } from '../fleet-grid.ts';
import { forecastPanel, loadForecast } from '../forecast-panel.ts';
import { choosePick } from '../forecast-picker.ts';
import { formatAge, formatCount, formatRatio, formatSeconds } from '../format.ts';
import { stateMark, timeMark } from '../marks.ts';
import { emptyNote, loadedPanel, pageHeading } from '../panel.ts';
import { href } from '../route.ts';
import { sloCard } from '../slo-card.ts';
import { type Loaded, type Page, settle, type ViewContext, valueOr } from '../view.ts';

const shownAnomalies = 6;
const shownIncidents = 4;

/** `#/`: the fleet, its objectives, what is strange, and one forecast. `?forecast=` chooses which. */
export async function overviewView({ api, route, now }: ViewContext): Promise<Page> {
  const [status, agents, slos, anomalies, open, incidents, forecasts] = await Promise.all([
    settle(api.status()),
    settle(api.agents()),
    settle(api.slos()),
    settle(api.anomalies({}, shownAnomalies)),
    settle(api.anomalies({ open: 'true' }, 200)),
    settle(api.incidents({ open: 'true' }, 200)),
    settle(api.forecasts()),
  ]);
  const picked = choosePick(valueOr(forecasts, []), valueOr(open, []), route.query.get('forecast'));
  const shownForecast = picked === undefined ? undefined : await settle(loadForecast(api, picked, now));
  const isEmpty = status.ok && status.value.counts?.agents === 0 && status.value.counts.series === 0;
  return {
    title: 'Overview',
    render: (current) => [
      pageHeading({
        title: 'Fleet overview',
        aside:
          status.ok &&
          `Fleetcast ${status.value.version}, up for ${formatSeconds(Math.floor(status.value.uptimeSeconds))}`,
      }),
      status.ok && degradationBanner(status.value),
      isEmpty
        ? firstRun()
        : [
            summary({ agents, slos, incidents, status }),
            h(
              'div',
              { class: 'columns' },
              h(
                'div',
                { class: 'column' },
                fleetPanel(agents),
                forecastPanel({ forecasts, picked, shown: shownForecast, route: current }),
              ),
              h(
                'div',
                { class: 'column' },
                sloPanel(slos),
                incidentPanel(incidents, now),
                anomalyPanel(anomalies, open, now),
              ),
            ),
          ],
    ],
  };
}

function degradationBanner({ degradations }: Status): Child {
  if (degradations.length === 0) return undefined;
  return h(
    'div',
    { class: 'banner', role: 'status' },
    h('strong', {}, 'Fleetcast does less than it should'),
    h(
      'ul',
      {},
      degradations.map(({ component, reason, since }) =>
        h('li', {}, h('b', {}, component), `: ${reason}, since `, timeMark(since)),
      ),
    ),
  );
}

interface SummaryInput {
  agents: Loaded<Agent[]>;
  slos: Loaded<Slo[]>;
  incidents: Loaded<Incident[]>;
  status: Loaded<Status>;
}

function summary({ agents, slos, incidents, status }: SummaryInput): Child {
  const counts = countStates(valueOr(agents, []));
  const heard = countHeard(counts);
  const budgets = valueOr(slos, []).flatMap(({ errorBudgetRemainingRatio: left }) => (left === null ? [] : [left]));
  const worst = budgets.length === 0 ? null : Math.round(Math.min(...budgets) * 1000) / 1000;
  const incidentCount = valueOr(incidents, []).length;
  return h(
    'div',
    { class: 'summary' },
    figure('Agents up', heard, href(['agents']), heard > 0 ? 'good' : 'quiet'),
    figure('Late', counts.late, href(['agents'], { state: 'late' }), counts.late > 0 ? 'warn' : 'quiet'),
    figure('Down', counts.down, href(['agents'], { state: 'down' }), counts.down > 0 ? 'bad' : 'quiet'),
    figure('Open incidents', incidentCount, href(['incidents'], { open: 'true' }), incidentCount > 0 ? 'bad' : 'quiet'),
    figure(
      'Lowest error budget',
      formatRatio(worst),
      href(['slos']),
      worst === null ? 'quiet' : worst <= 0 ? 'bad' : 'good',
    ),
    figure('Series', (status.ok ? status.value.counts?.series : undefined) ?? '\u2013', href(['series']), 'quiet'),
  );
}

function figure(name: string, value: number | string, link: string, tone: string): HTMLElement {
  return h(
    'a',
    { class: 'summary-item', href: link, 'data-tone': tone },
    h('span', {}, name),
    h('b', {}, typeof value === 'number' ? formatCount(value) : value),
  );
}

function fleetPanel(agents: Loaded<Agent[]>): HTMLElement {
  const legend = h(
    'span',
    { class: 'legend' },
    stateOrder.toReversed().map((state) => h('span', {}, h('i', { class: 'dot', 'data-state': state }), state)),
  );
  return loadedPanel(
    { title: 'Agents', note: agents.ok && formatCount(agents.value.length), actions: legend },
    agents,
    (all) => (all.length === 0 ? emptyNote('No agent has sent a heartbeat yet.') : fleetGrid(all)),
  );
}

function sloPanel(slos: Loaded<Slo[]>): HTMLElement {
  return loadedPanel({ title: 'Objectives', actions: h('a', { href: href(['slos']) }, 'All') }, slos, (all) =>
    all.map(sloCard),
  );
}

function incidentPanel(incidents: Loaded<Incident[]>, now: number): HTMLElement {
  const options = { title: 'Open incidents', actions: h('a', { href: href(['incidents']) }, 'All') };
  return loadedPanel(options, incidents, (all) =>
    all.length === 0
      ? emptyNote('None.')
      : h(
          'ul',
          { class: 'anomalies' },
          all.slice(0, shownIncidents).map((incident) => incidentItem(incident, now)),
        ),
  );
}

function incidentItem({ id, title, severity, startedAt, suspects: [first] }: Incident, now: number): HTMLElement {
  return h(
    'li',
    { 'data-key': id },
    h('div', { class: 'incident-head' }, stateMark(severity), h('a', { href: href(['incidents', id]) }, title)),
    h(
      'p',
      { class: 'anomaly-line' },
      timeMark(startedAt, formatAge((now - Date.parse(startedAt)) / 1000)),
      first !== undefined && ` \u00b7 first suspect: ${first.component}`,
    ),
  );
}

function anomalyPanel(anomalies: Loaded<Anomaly[]>, open: Loaded<Anomaly[]>, now: number): HTMLElement {
  const shown = [...valueOr(open, []), ...valueOr(anomalies, []).filter(({ endedAt }) => endedAt !== null)].slice(
    0,
    shownAnomalies,
  );
  const note = open.ok && open.value.length > 0 ? `${open.value.length} open` : undefined;
  return loadedPanel(
    { title: 'Anomalies', note, actions: h('a', { href: href(['anomalies']) }, 'All') },
    anomalies,
    () => anomalyList(shown, now),
  );
}
