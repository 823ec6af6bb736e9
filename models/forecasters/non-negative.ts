import type { Forecast, Forecaster, ForecastRequest } from './forecaster.ts';

/**
 * A forecaster that does not go below 0 where the history never did: counts, bytes, seconds and ratios have no
 * negative values, whatever a trend or a symmetric interval says. A history with one negative value is left alone.
 */
export function keepNonNegative<Id extends string>(forecaster: Forecaster & { readonly id: Id }): typeof forecaster {
  return {
    id: forecaster.id,
    forecast: (requests) =>
      forecaster
        .forecast(requests)
        .map((result, i) => (result.ok && isNonNegative(requests[i]!) ? floor(result) : result)),
  };
}

/** A missing value is NaN, which is not negative. */
function isNonNegative({ history }: ForecastRequest): boolean {
  return !history.values.some((value) => value < 0);
}

function floor({ mean, quantiles }: Forecast): Forecast {
  const atLeastZero = (value: number) => Math.max(0, value);
  return { ok: true, mean: mean.map(atLeastZero), quantiles: quantiles.map((level) => level.map(atLeastZero)) };
}
