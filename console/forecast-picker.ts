import type { Anomaly, ForecastSummary } from './api-types.ts';
import { type Child, h } from './dom.ts';
import { labelText } from './marks.ts';
import { hrefWith, type Route } from './route.ts';

/** What was shown last without a wish of the reader: a refresh shows it again. */
let lastPick: string | undefined;

/**
 * The forecast to show: the one that is asked for, else the one shown before, else of a series with an open anomaly,
 * else the one with the least error.
 */
export function choosePick(
  forecasts: readonly ForecastSummary[],
  open: readonly Anomaly[],
  wanted: string | null,
): ForecastSummary | undefined {
  const find = (id: string | null | undefined) => forecasts.find(({ seriesId }) => seriesId === id);
  const asked = find(wanted);
  if (asked !== undefined) return asked;
  const strange = new Set(open.map(({ seriesId }) => seriesId));
  const pick =
    find(lastPick) ??
    forecasts.find(({ seriesId }) => strange.has(seriesId)) ??
    [...forecasts].sort((a, b) => errorOf(a) - errorOf(b))[0];
  lastPick = pick?.seriesId;
  return pick;
}

/** An error of 0 belongs to a series that never changes, which is not worth a picture. */
function errorOf({ mase }: ForecastSummary): number {
  return mase === null || mase === 0 ? Number.POSITIVE_INFINITY : mase;
}

/** Two lists to choose from: the metric, then the series of it. */
export function forecastPicker(forecasts: readonly ForecastSummary[], picked: ForecastSummary, route: Route): Child {
  const ofMetric = Map.groupBy(forecasts, ({ metric }) => metric);
  const go = (seriesId: string | undefined) => {
    location.hash = hrefWith(route, { forecast: seriesId });
  };
  const metrics = [...ofMetric.keys()].map((metric) => ({ value: metric, text: metric }));
  const series = (ofMetric.get(picked.metric) ?? []).map(({ seriesId, labels }) => ({
    value: seriesId,
    text: labelText(labels),
  }));
  return [
    select('Metric', metrics, picked.metric, (metric) => go(ofMetric.get(metric)?.[0]?.seriesId)),
    select('Series', series, picked.seriesId, go),
  ];
}

function select(
  label: string,
  options: readonly { value: string; text: string }[],
  current: string,
  choose: (value: string) => void,
): HTMLElement {
  return h(
    'select',
    { 'aria-label': label, onchange: (event) => choose((event.currentTarget as HTMLSelectElement).value) },
    options.map(({ value, text }) => h('option', { value, selected: value === current }, text)),
  );
}
