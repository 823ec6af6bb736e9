import { createPointForecaster } from './point-forecaster.ts';

/** The last value, repeated. */
export const naive = createPointForecaster('naive', ({ values }, horizon) =>
  new Float64Array(horizon).fill(values.at(-1)!),
);

/** The last value, and on from there by the mean change from step to step: a line through the first and last value. */
export const drift = createPointForecaster('drift', ({ values }, horizon) => {
  const last = values.at(-1)!;
  const change = (last - values[0]!) / (values.length - 1);
  return Float64Array.from({ length: horizon }, (_, h) => last + (h + 1) * change);
});
