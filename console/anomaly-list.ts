import type { Anomaly } from './api-types.ts';
import { type Child, h } from './dom.ts';
import { displayUnit, formatAge, formatNumber, formatSeconds, formatValue } from './format.ts';
import { lastedSeconds } from './lasting.ts';
import { breakable, labelList, stateMark, timeMark } from './marks.ts';
import { emptyNote } from './panel.ts';
import { href } from './route.ts';

/** Anomalies as a list: what, where, since when and why. */
export function anomalyList(anomalies: readonly Anomaly[], now: number): Child {
  if (anomalies.length === 0)
    return emptyNote('None. Every series is within its band, or has not been seen for long enough to have one.');
  return h(
    'ul',
    { class: 'anomalies' },
    anomalies.map((anomaly) => anomalyItem(anomaly, now)),
  );
}

const bucketSeconds = 60;

/** For how long an anomaly has lasted, in seconds: from the beginning of its first minute to the end of its last. */
export function durationSeconds(anomaly: Anomaly, now: number): number {
  return lastedSeconds(anomaly, now) + (anomaly.endedAt === null ? 0 : bucketSeconds);
}

/** The value at the peak beside what was expected: `98 %, expected 40 % (31 % to 52 %)`. */
export function peakText({ metric, unit, peakValue, expected, lower, upper }: Anomaly): string {
  const shown = (value: number | null) => formatValue(value, displayUnit(metric, unit));
  return `${shown(peakValue)}, expected ${shown(expected)} (${shown(lower)} to ${shown(upper)})`;
}

function anomalyItem(anomaly: Anomaly, now: number): HTMLElement {
  const { id, seriesId, metric, labels, startedAt, endedAt, peakScore, reason } = anomaly;
  const duration = durationSeconds(anomaly, now);
  return h(
    'li',
    { 'data-key': id },
    h(
      'div',
      { class: 'anomaly-head' },
      stateMark(endedAt === null ? 'open' : 'ended'),
      h('a', { class: 'mono', href: href(['series', seriesId]) }, breakable(metric)),
      labelList(labels),
    ),
    h('p', { class: 'reason' }, h('a', { href: href(['anomalies', id]) }, reason)),
    h(
      'p',
      { class: 'anomaly-line' },
      timeMark(startedAt, formatAge((now - Date.parse(startedAt)) / 1000)),
      endedAt !== null && `, lasted ${formatSeconds(duration)}`,
      ' \u00b7 score ',
      h('b', {}, formatNumber(peakScore === null ? null : Number(peakScore.toPrecision(3)))),
      ` \u00b7 ${peakText(anomaly)}`,
    ),
  );
}
