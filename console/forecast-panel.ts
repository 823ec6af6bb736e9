import type { ApiClient } from './api-client.ts';
import type { Forecast, ForecastSummary } from './api-types.ts';
import { type ChartSpec, chart } from './chart.ts';
import { h } from './dom.ts';
import { forecastPicker } from './forecast-picker.ts';
import { formatCountOf } from './format.ts';
import { labelList, timeMark } from './marks.ts';
import { emptyNote, loadedPanel } from './panel.ts';
import { href, type Route } from './route.ts';
import { seriesChart } from './series-chart.ts';
import { type Loaded, valueOr } from './view.ts';

const dayMs = 86_400_000;
const historyMs = 5 * dayMs;

export interface ShownForecast {
  series: ForecastSummary;
  forecast: Forecast | undefined;
  spec: ChartSpec;
}

/** Loads a forecast with the days before it, by the hour. */
export async function loadForecast(api: ApiClient, series: ForecastSummary, now: number): Promise<ShownForecast> {
  const range = [now - historyMs, now] as const;
  const [info, forecasts, points, anomalies] = await Promise.all([
    api.oneSeries(series.seriesId),
    api.forecastsOf(series.seriesId),
    api.points(series.seriesId, { from: range[0], to: now, step: 'hour' }),
    api.anomalies({ series: series.seriesId, from: range[0] }, 100),
  ]);
  const forecast = forecasts.find(({ chosen }) => chosen) ?? forecasts[0];
  const spec = seriesChart({
    series: info,
    points,
    forecast,
    anomalies,
    range,
    maxAheadMs: 3 * dayMs,
  });
  return { series, forecast, spec };
}

interface ForecastPanelInput {
  forecasts: Loaded<ForecastSummary[]>;
  picked: ForecastSummary | undefined;
  shown: Loaded<ShownForecast> | undefined;
  route: Route;
}

/** The forecast of one series with its bands, and the choice of another. */
export function forecastPanel({ forecasts, picked, shown, route }: ForecastPanelInput): HTMLElement {
  const options = {
    title: 'Forecast',
    class: 'forecast',
    actions: picked && forecastPicker(valueOr(forecasts, []), picked, route),
  };
  if (shown === undefined) {
    return loadedPanel(options, forecasts, () =>
      emptyNote(
        'No forecast yet. The job runs five minutes after each full hour, and a series needs some hours of history.',
      ),
    );
  }
  return loadedPanel(options, shown, ({ series, forecast, spec }) => [
    h(
      'p',
      { class: 'subject' },
      h('a', { class: 'mono', href: href(['series', series.seriesId], { range: '7d' }) }, series.metric),
      labelList(series.labels),
    ),
    chart(spec),
    forecast &&
      h(
        'p',
        { class: 'footnote' },
        `By ${nameOf(forecast)}, issued `,
        timeMark(forecast.issuedAt),
        forecast.mase !== null && `, MASE ${forecast.mase.toFixed(2)} in tests on its past`,
      ),
  ]);
}

function nameOf({ forecaster, members }: Forecast): string {
  return forecaster === 'combined' ? formatCountOf(members.length, 'model') : forecaster;
}
