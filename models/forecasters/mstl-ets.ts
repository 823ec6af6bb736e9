import { mean } from '../statistics/mean.ts';
import { forecastEts, forecastMstl } from './augurs.ts';
import type { Past } from './past.ts';
import { createPointForecaster } from './point-forecaster.ts';

/** The fewest values from which AutoETS selects a model. */
const fewestValues = 10;

/**
 * Multiple seasonal decomposition (MSTL; Bandara, Hyndman and Bergmeir, 2021) with automatic exponential smoothing of
 * what remains, by augurs. Undefined without a season, and where no model can be fitted.
 */
export const mstlEts = createPointForecaster('mstl-ets', (past, horizon) =>
  past.seasonLengths.length === 0
    ? undefined
    : fitScaled(past, (values) => forecastMstl(values, past.seasonLengths, horizon)),
);

/** The exponential smoothing model without a season that AICc selects (Hyndman et al., 2002), by augurs. */
export const autoEts = createPointForecaster('auto-ets', (past, horizon) =>
  fitScaled(past, (values) => forecastEts(values, horizon)),
);

/** Fits on values of size near 1, so that the unit of the metric does not matter to the optimiser. */
function fitScaled({ values }: Past, forecast: (values: Float64Array) => Float64Array): Float64Array | undefined {
  if (values.length < fewestValues) return undefined;
  const size = mean(values.map(Math.abs));
  try {
    return forecast(values.map((value) => value / size)).map((value) => value * size);
  } catch {
    return undefined;
  }
}
