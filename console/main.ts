import { ApiError, createApiClient, UnreachableError } from './api-client.ts';
import { h } from './dom.ts';
import { formatClock, formatZone } from './format.ts';
import { followStream } from './live-stream.ts';
import { morph } from './morph.ts';
import { problemNote } from './panel.ts';
import { parseRoute } from './route.ts';
import { forgetKey, knownKey, signInForm } from './sign-in.ts';
import type { Page, View } from './view.ts';
import { agentView } from './views/agent.ts';
import { agentsView } from './views/agents.ts';
import { anomaliesView } from './views/anomalies.ts';
import { anomalyView } from './views/anomaly.ts';
import { auditView } from './views/audit.ts';
import { capacityView } from './views/capacity.ts';
import { cardinalityView } from './views/cardinality.ts';
import { incidentView } from './views/incident.ts';
import { incidentsView } from './views/incidents.ts';
import { jobsView } from './views/jobs.ts';
import { keysView } from './views/keys.ts';
import { notFoundView } from './views/not-found.ts';
import { overviewView } from './views/overview.ts';
import { quarantineView } from './views/quarantine.ts';
import { seriesView } from './views/series.ts';
import { seriesListView } from './views/series-list.ts';
import { sloView } from './views/slo.ts';
import { slosView } from './views/slos.ts';
import { tenantsView } from './views/tenants.ts';

/** The view of a list and the view of one of its things, by the first segment of the place. */
const views: Readonly<Record<string, { list: View; one?: View }>> = {
  '': { list: overviewView },
  agents: { list: agentsView, one: agentView },
  series: { list: seriesListView, one: seriesView },
  slos: { list: slosView, one: sloView },
  incidents: { list: incidentsView, one: incidentView },
  anomalies: { list: anomaliesView, one: anomalyView },
  capacity: { list: capacityView },
  jobs: { list: jobsView },
  intake: { list: cardinalityView, one: only({ quarantine: quarantineView }) },
  access: { list: keysView, one: only({ audit: auditView, tenants: tenantsView }) },
};

const defaultRefreshSeconds = 10;
const main = document.querySelector('main')!;
const live = document.querySelector('#live')!;
const liveText = document.querySelector('#live-text')!;

let shown: { place: string; page: Page } | undefined;
let loading = new AbortController();
let nextRefresh: number | undefined;

/** Goes to the place that the address names: at once where its data is there already, and in any case asks again. */
function navigate(): void {
  const place = currentPlace();
  markNavigation();
  if (shown?.place === place) draw(shown.page);
  else main.setAttribute('aria-busy', 'true');
  void load();
}

async function load(): Promise<void> {
  loading.abort();
  loading = new AbortController();
  window.clearTimeout(nextRefresh);
  const { signal } = loading;
  const place = currentPlace();
  let refreshSeconds = defaultRefreshSeconds;
  try {
    const page = await viewOf(place)({
      api: createApiClient({ key: knownKey(), signal }),
      route: parseRoute(location.hash),
      now: Date.now(),
    });
    if (signal.aborted) return;
    const isNew = shown?.place !== place;
    shown = { place, page };
    // Drawing takes away the link that was followed, and the focus with it.
    const hadFocus = document.activeElement !== document.body;
    draw(page);
    if (isNew) arrive(hadFocus);
    const now = Date.now();
    setLive('live', `Live, as of ${formatClock(now)} ${formatZone(now)}`);
    refreshSeconds = page.refreshSeconds ?? defaultRefreshSeconds;
  } catch (error) {
    if (signal.aborted) return;
    showFailure(error);
  }
  main.removeAttribute('aria-busy');
  if (!document.hidden) nextRefresh = window.setTimeout(load, refreshSeconds * 1000);
}

function draw(page: Page): void {
  document.title = `${page.title} \u00b7 Fleetcast`;
  morph(main, h('div', { class: 'page', 'data-key': currentPlace() }, page.render(parseRoute(location.hash))));
}

/** A new place begins at its top, and its heading has the focus so that a screen reader says where one is. */
function arrive(hadFocus: boolean): void {
  window.scrollTo(0, 0);
  const heading = main.querySelector('h1');
  heading?.setAttribute('tabindex', '-1');
  if (hadFocus) heading?.focus({ preventScroll: true });
}

function showFailure(error: unknown): void {
  if (error instanceof ApiError && error.status === 401) {
    shown = undefined;
    setLive('stopped', 'A key is needed');
    morph(main, h('div', { class: 'page', 'data-key': 'sign-in' }, signInForm({ problem: error, retry: load })));
    return;
  }
  if (error instanceof UnreachableError) {
    setLive('stopped', 'No answer, trying again');
    if (shown === undefined)
      morph(
        main,
        h(
          'div',
          { class: 'page' },
          problemNote({ title: 'Fleetcast does not answer', detail: 'This page tries again every few seconds.' }),
        ),
      );
    return;
  }
  shown = undefined;
  const detail = error instanceof Error ? error.message : String(error);
  morph(main, h('div', { class: 'page' }, problemNote({ title: 'This page could not be shown', detail })));
  setLive('stopped', 'Failed, trying again');
}

function setLive(state: 'live' | 'stopped', text: string): void {
  live.setAttribute('data-state', state);
  liveText.textContent = text;
  document.querySelector('#forget-key')!.toggleAttribute('hidden', knownKey() === null);
}

function viewOf(place: string): View {
  const [first = '', id] = parseRoute(place).segments;
  const view = Object.hasOwn(views, first) ? views[first] : undefined;
  return (id === undefined ? view?.list : view?.one) ?? notFoundView;
}

/** The place without its query: `#/agents`. */
function currentPlace(): string {
  return location.hash.split('?')[0]!;
}

/** The pages beside a list that has no things of its own. */
function only(pages: Readonly<Record<string, View>>): View {
  return (context) => {
    const [, name = ''] = context.route.segments;
    return (Object.hasOwn(pages, name) ? pages[name]! : notFoundView)(context);
  };
}

function markNavigation(): void {
  const [first = ''] = parseRoute(location.hash).segments;
  for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a[href^="#"]')) {
    const isCurrent = (parseRoute(link.hash).segments[0] ?? '') === first;
    if (isCurrent) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
    // On a narrow screen the row of links is longer than the screen.
    if (isCurrent) link.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }
}

window.addEventListener('hashchange', navigate);
window.addEventListener('datachange', () => !document.hidden && void load());
window.addEventListener('querychange', () => shown && draw(shown.page));
document.addEventListener('visibilitychange', () => {
  if (document.hidden) window.clearTimeout(nextRefresh);
  else void load();
});
// The part of the address after # is the place: the link must not change it.
document.querySelector('.skip')!.addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
document.querySelector('#forget-key')!.addEventListener('click', () => {
  forgetKey();
  shown = undefined;
  void load();
});
navigate();
followStream(() => window.dispatchEvent(new Event('datachange')));
