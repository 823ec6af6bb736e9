import { type Action, actionButtons } from '../action-buttons.ts';
import { durationSeconds, peakText } from '../anomaly-list.ts';
import type { AnomalyDetail, Feedback, FeedbackEffect, SeriesInfo, Verdict } from '../api-types.ts';
import { chart } from '../chart.ts';
import { type Child, h } from '../dom.ts';
import { formatNumber, formatRatio, formatSeconds } from '../format.ts';
import { labelList, stateMark, timeMark } from '../marks.ts';
import { emptyNote, facts, loadedPanel, pageHeading } from '../panel.ts';
import { href } from '../route.ts';
import { seriesChart } from '../series-chart.ts';
import { type Page, settle, type ViewContext, valueOr } from '../view.ts';

interface Loaded {
  anomaly: AnomalyDetail;
  series: SeriesInfo;
  feedback: readonly Feedback[];
}

/** `#/anomalies/ID`: one anomaly with the band around it, and what people say of it. */
export async function anomalyView({ api, route, now }: ViewContext): Promise<Page> {
  const loaded = await settle(
    (async (): Promise<Loaded> => {
      const anomaly = await api.anomaly(route.segments[1]!);
      const [series, feedback] = await Promise.all([
        api.oneSeries(anomaly.seriesId),
        settle(api.feedbackOn(anomaly.seriesId)),
      ]);
      return { anomaly, series, feedback: valueOr(feedback, []) };
    })(),
  );
  const title = loaded.ok ? loaded.value.anomaly.metric : 'Anomaly';
  return {
    title,
    render: () => [
      pageHeading({
        title,
        isCode: true,
        back: { href: href(['anomalies']), text: 'Anomalies' },
        aside: loaded.ok && stateMark(loaded.value.anomaly.endedAt === null ? 'open' : 'ended'),
      }),
      loadedPanel({ title: 'What was expected, and what came' }, loaded, (value) => band(value, now)),
      loadedPanel({ title: 'Was it worth telling?' }, loaded, feedbackPart),
    ],
  };
}

function band({ anomaly, series }: Loaded, now: number): Child {
  const { band, labels, reason, startedAt, endedAt, peakAt, peakScore, maturity, incidents, seriesId } = anomaly;
  const { stepSeconds, times, values } = band;
  const points = { stepSeconds, times, values };
  const range = [times[0] ?? Date.parse(startedAt), (times.at(-1) ?? now) + stepSeconds * 1000] as const;
  const scores = { detector: anomaly.detector, ...band };
  return [
    h('p', { class: 'reason' }, reason),
    h('p', { class: 'labels' }, labelList(labels)),
    times.length === 0
      ? emptyNote(band.missing === null ? 'The scores around it are no longer kept.' : `No band: ${band.missing}.`)
      : chart(seriesChart({ series, points, scores, anomalies: [anomaly], range, maxAheadMs: 0, isTall: true })),
    facts([
      ['Began', timeMark(startedAt)],
      ['Peak', timeMark(peakAt)],
      ['Ended', endedAt === null ? 'not yet' : timeMark(endedAt)],
      ['Duration', formatSeconds(durationSeconds(anomaly, now))],
      ['Score', formatNumber(peakScore === null ? null : Number(peakScore.toPrecision(3)))],
      ['At the peak', peakText(anomaly)],
      ['Maturity', formatRatio(maturity)],
      ['Series', h('a', { href: href(['series', seriesId]) }, 'history and forecast')],
      ['Incident', incidents.length === 0 ? 'none' : incidents.map(incidentLink)],
    ]),
  ];
}

function incidentLink({ id, title }: AnomalyDetail['incidents'][number], i: number): Child {
  return [i > 0 && ', ', h('a', { href: href(['incidents', id]) }, title)];
}

const verdictTexts: Readonly<Record<Verdict, string>> = {
  false_alarm: 'False alarm',
  real: 'Real',
  expected: 'Expected',
};

function feedbackPart({ anomaly, feedback }: Loaded): Child {
  const given = feedback.filter(({ anomalyId }) => anomalyId === anomaly.id);
  const others = feedback.length - given.length;
  const give = (Object.keys(verdictTexts) as Verdict[]).map(
    (verdict): Action => ({
      text: verdictTexts[verdict],
      run: async (api) => effectText((await api.giveFeedback(anomaly.id, verdict)).effect),
    }),
  );
  const takeBack = given.map(
    ({ id, verdict }): Action => ({
      text: `Take back: ${verdictTexts[verdict].toLowerCase()}`,
      run: async (api) => effectText(await api.withdrawFeedback(id)),
    }),
  );
  return [
    anomaly.heldBackBy !== null && h('p', {}, heldBackText(anomaly)),
    given.map(({ verdict, author, reason, at }) =>
      h(
        'p',
        { class: 'note' },
        `${verdictTexts[verdict]}, says ${author} at `,
        timeMark(at),
        reason !== '' && `: ${reason}`,
      ),
    ),
    actionButtons(anomaly.id, 'What was it?', given.length === 0 ? give : takeBack),
    others > 0 &&
      h('p', { class: 'footnote' }, `Of this series, ${others} more ${others === 1 ? 'was' : 'were'} judged.`),
  ];
}

function heldBackText({ heldBackFor }: AnomalyDetail): string {
  if (heldBackFor === null) return 'Nobody is told of it, because of what was said of this series.';
  const { verdict, author, reason } = heldBackFor;
  const said = `${verdictTexts[verdict].toLowerCase()}, says ${author}${reason === '' ? '' : `: ${reason}`}`;
  return `Nobody is told of it, because of what was said of one like it: ${said}.`;
}

function effectText(effect: FeedbackEffect): string {
  const { days, gone, stayed, back, found, withdrawn, incidents, thresholdFactor } = effect;
  const changes = [
    gone.length > 0 && `${gone.length} would not have been told`,
    back.length > 0 && `${back.length} are told again`,
    found.length > 0 && `${found.length} more are found by the moved threshold`,
    withdrawn.length > 0 && `${withdrawn.length} that only the moved threshold told are withdrawn`,
    incidents.gone.length > 0 && `${incidents.gone.length} incidents are gone`,
    incidents.back.length > 0 && `${incidents.back.length} incidents are there again`,
    `${stayed.length} stay`,
  ].filter((text) => text !== false);
  return `Of the last ${days} days: ${changes.join(', ')}. The threshold of the series is at ${formatRatio(thresholdFactor)}.`;
}
