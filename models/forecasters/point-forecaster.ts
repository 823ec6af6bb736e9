import type { Past } from './past.ts';

/**
 * A point forecaster: the past of one series in, one value a step out, without intervals; those are measured on its
 * errors (`conformal.ts`). Deterministic.
 */
export interface PointForecaster {
  readonly id: string;
  /**
   * The forecasts as of several moments of one series, ascending: `pasts[k]` is a prefix of `pasts[k + 1]`. One model
   * may serve them all, as long as what it says as of a moment owes nothing to later values. Undefined where the past
   * does not suit it.
   */
  forecast(pasts: readonly Past[], horizon: number): (Float64Array | undefined)[];
}

/** Of a method that has nothing to share between moments. */
export function createPointForecaster(
  id: string,
  forecastOne: (past: Past, horizon: number) => Float64Array | undefined,
): PointForecaster {
  return { id, forecast: (pasts, horizon) => pasts.map((past) => forecastOne(past, horizon)) };
}

/** The same method on the logarithm of positive values, where growth and seasons multiply; its id ends in `-log`. */
export function onLogScale({ id, forecast }: PointForecaster): PointForecaster {
  return {
    id: `${id}-log`,
    forecast: (pasts, horizon) => {
      const logarithms = pasts.map((past) => past.logarithm());
      const suited = logarithms.filter((past) => past !== undefined);
      const forecasts = suited.length === 0 ? [] : forecast(suited, horizon);
      return logarithms.map((past) =>
        past === undefined ? undefined : forecasts[suited.indexOf(past)]?.map(Math.exp),
      );
    },
  };
}

/** The same method on what is left without the shortest season, which is added again; its id begins with `stl-`. */
export function onDeseasonalised({ id, forecast }: PointForecaster): PointForecaster {
  return {
    id: `stl-${id}`,
    forecast: (pasts, horizon) => {
      const adjusted = pasts.map((past) => past.deseasonalised());
      const suited = adjusted.filter((each) => each !== undefined);
      const forecasts = forecast(
        suited.map(({ past }) => past),
        horizon,
      );
      return adjusted.map((each) => {
        if (each === undefined) return undefined;
        const season = each.seasonAhead(horizon);
        return forecasts[suited.indexOf(each)]?.map((value, h) => value + season[h]!);
      });
    },
  };
}
