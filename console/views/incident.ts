import { type Action, actionButtons } from '../action-buttons.ts';
import type { Finding, IncidentDetail } from '../api-types.ts';
import { type Child, h, withVariables } from '../dom.ts';
import { absent, formatCountOf, formatRatio, formatSeconds, formatTime } from '../format.ts';
import { lastedSeconds } from '../lasting.ts';
import { componentMark, meter, stateMark, timeMark } from '../marks.ts';
import { emptyNote, facts, loadedPanel, pageHeading } from '../panel.ts';
import { href } from '../route.ts';
import { type Page, settle, type ViewContext } from '../view.ts';

const shownFindings = 60;

/** `#/incidents/ID`: one incident: who may have caused it, what was found when, and what people did. */
export async function incidentView({ api, route, now }: ViewContext): Promise<Page> {
  const incident = await settle(api.incident(route.segments[1]!));
  const title = incident.ok ? incident.value.title : 'Incident';
  return {
    title,
    render: () => [
      pageHeading({
        title,
        back: { href: href(['incidents']), text: 'Incidents' },
        aside: incident.ok && stateMark(incident.value.status),
      }),
      loadedPanel({ title: 'At a glance' }, incident, (value) => glance(value, now)),
      incident.ok &&
        h(
          'div',
          { class: 'columns' },
          h(
            'div',
            { class: 'column' },
            loadedPanel({ title: 'Timeline', note: String(incident.value.findingCount) }, incident, (value) =>
              timeline(value, now),
            ),
          ),
          h(
            'div',
            { class: 'column' },
            loadedPanel({ title: 'Suspects' }, incident, suspects),
            loadedPanel({ title: 'Similar before' }, incident, similar),
          ),
        ),
    ],
  };
}

function glance(incident: IncidentDetail, now: number): Child {
  const { severity, startedAt, endedAt, peakAt, agents, types, metrics, maturity, mergedInto, actions } = incident;
  return [
    mergedInto !== null &&
      h(
        'p',
        {},
        'It has become a part of ',
        h('a', { href: href(['incidents', mergedInto]) }, 'another incident'),
        '.',
      ),
    facts([
      ['Severity', stateMark(severity)],
      ['Began', timeMark(startedAt)],
      ['Peak', timeMark(peakAt)],
      ['Ended', endedAt === null ? 'not yet' : timeMark(endedAt)],
      ['Duration', formatSeconds(lastedSeconds(incident, now))],
      ['Agents', agents.length <= 3 ? agents.map(agentLink) : formatCountOf(agents.length, 'agent')],
      ['Types', types.join(', ') || absent],
      ['Metrics', metrics.length <= 4 ? metrics.join(', ') || absent : formatCountOf(metrics.length, 'metric')],
      ['Maturity', formatRatio(maturity)],
    ]),
    actions.map(({ action, actor, note, at }) =>
      h('p', { class: 'note' }, `${action} by ${actor} at `, timeMark(at), note !== '' && `: ${note}`),
    ),
    actionButtons(incident.id, 'What to do', actionsOn(incident)),
  ];
}

function actionsOn({ id, status }: IncidentDetail): Action[] {
  const acknowledge: Action = {
    text: 'Acknowledge',
    run: async (api) => {
      await api.actOnIncident(id, 'acknowledge');
      return 'Acknowledged.';
    },
  };
  const resolve: Action = {
    text: 'Resolve',
    run: async (api) => {
      await api.actOnIncident(id, 'resolve');
      return 'Resolved. What is found from now on is another incident.';
    },
  };
  if (status === 'open') return [acknowledge, resolve];
  return status === 'acknowledged' ? [resolve] : [];
}

function agentLink(agent: string, i: number): Child {
  return [i > 0 && ', ', h('a', { href: href(['agents', agent]) }, agent)];
}

/** Each finding as a bar on the time of the whole. */
function timeline({ findings, findingCount, startedAt, endedAt }: IncidentDetail, now: number): Child {
  const from = Date.parse(startedAt);
  const to = Math.max(endedAt === null ? now : Date.parse(endedAt), from + 60_000);
  const share = (time: number) => Math.min(1, Math.max(0, (time - from) / (to - from)));
  const shown = findings.slice(0, shownFindings);
  return [
    h(
      'ol',
      { class: 'timeline' },
      shown.map((finding) => {
        const begin = share(Date.parse(finding.startedAt));
        const end = finding.endedAt === null ? 1 : share(Date.parse(finding.endedAt));
        const bar = withVariables(h('i', { class: 'timeline-bar', 'data-open': finding.endedAt === null }), {
          '--begin': begin,
          '--length': Math.max(0.008, end - begin),
        });
        return h(
          'li',
          { 'data-key': finding.id },
          h('div', { class: 'timeline-head' }, h('span', {}, subjectOf(finding)), timeMark(finding.startedAt)),
          h('p', { class: 'reason' }, finding.reason),
          h('span', { class: 'timeline-track', 'aria-hidden': 'true' }, bar),
        );
      }),
    ),
    h('p', { class: 'footnote' }, `The bars reach from ${formatTime(from)} to ${formatTime(to)}.`),
    findingCount > shown.length &&
      h('p', { class: 'footnote' }, `The first ${shown.length} of ${findingCount} are shown.`),
  ];
}

function subjectOf({ id, kind, agent, metric }: Finding): Child {
  const where = agent === '' ? undefined : h('a', { href: href(['agents', agent]) }, agent);
  if (kind === 'anomaly')
    return [h('a', { class: 'mono', href: href(['anomalies', id]) }, metric), where && [' of ', where]];
  return kind === 'silence' ? [where, ' is silent'] : ['A task is stuck', where && [' at ', where]];
}

function suspects({ suspects: all, agents }: IncidentDetail): Child {
  if (all.length === 0) return emptyNote('Nobody in particular.');
  return h(
    'ol',
    { class: 'suspects' },
    all.map(({ component, score, reasons }) =>
      h(
        'li',
        { 'data-key': component },
        h(
          'div',
          { class: 'timeline-head' },
          h('b', {}, componentMark(component, agents)),
          formatRatio(Math.round(score * 100) / 100),
        ),
        meter(score, 'bad'),
        h(
          'ul',
          {},
          reasons.map((reason) => h('li', {}, reason)),
        ),
      ),
    ),
  );
}

function similar({ similar: all }: IncidentDetail): Child {
  if (all.length === 0) return emptyNote('Nothing like it in the last ninety days.');
  return h(
    'ul',
    { class: 'anomalies' },
    all.map(({ id, title, startedAt, similarity }) =>
      h(
        'li',
        { 'data-key': id },
        h('a', { href: href(['incidents', id]) }, title),
        h('p', { class: 'anomaly-line' }, timeMark(startedAt), ` \u00b7 ${formatRatio(similarity)} alike`),
      ),
    ),
  );
}
