import type { Forecast, InsufficientHistory } from '../models/forecasters/forecaster.ts';
import type { ForecasterId } from '../models/forecasters/registry.ts';
import type { ModelPool } from '../models/pool.ts';
import type { SelectedSeries } from '../store/queries/selected-series.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { boundsOf, maxSilenceSteps, seasonLengthsOf } from './forecast.ts';
import type { ForecastNetwork } from './forecast-network.ts';
import { readHourlyHistory } from './hourly-history.ts';

export interface ForecastInquiry {
  tenant: string;
  series: SelectedSeries;
  forecaster: ForecasterId;
  /** In hours. */
  horizon: number;
  /** Quantile levels, ascending. */
  levels: readonly number[];
  /** Unix milliseconds on the hour: what is known by then. */
  to: number;
}

/** A series that is silent has no future to speak of. */
export interface Silent {
  ok: false;
  reason: 'silent';
  /** How many hours there was nothing. */
  hours: number;
}

/**
 * Forecasts one series by the hour, in a worker, while somebody waits.
 *
 * @throws ModelTaskError when the worker gives no answer, or `signal` is aborted.
 */
export async function forecastOnDemand(
  { telemetry, network, models }: { telemetry: TelemetryStore; network: ForecastNetwork; models: ModelPool },
  { tenant, series, forecaster, horizon, levels, to }: ForecastInquiry,
  signal: AbortSignal,
): Promise<Forecast | InsufficientHistory | Silent> {
  const history = await readHourlyHistory(telemetry, tenant, series, { to, horizon });
  const hours = history.values.length - 1 - history.values.findLastIndex(Number.isFinite);
  if (history.values.length > 0 && hours > maxSilenceSteps) return { ok: false, reason: 'silent', hours };
  const trained = { seasonalMlp: await network.weightsOf(tenant) };
  const request = {
    history,
    horizon,
    seasonLengths: seasonLengthsOf(history),
    levels,
    bounds: boundsOf(series.metric),
  };
  const [result] = await models.forecast({ forecaster, requests: [request], trained }, { signal });
  return result!;
}
