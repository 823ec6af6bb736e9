import { createPointForecaster } from './point-forecaster.ts';

const alphas = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

/**
 * The theta method (Assimakopoulos and Nikolopoulos, 2000) in the form of Hyndman and Billah (2003): simple
 * exponential smoothing with half the slope of the straight line through the series as drift:
 * `level + slope / 2 * (h - 1 + (1 - (1 - alpha)^n) / alpha)`. Alpha by the squared errors one step ahead.
 */
export const theta = createPointForecaster('theta', ({ values }, horizon) => {
  const n = values.length;
  let best = { error: Number.POSITIVE_INFINITY, level: 0, alpha: 1 };
  for (const alpha of alphas) {
    let level = values[0]!;
    let error = 0;
    for (let i = 1; i < n; i++) {
      const surprise = values[i]! - level;
      error += surprise * surprise;
      level += alpha * surprise;
    }
    if (error < best.error) best = { error, level, alpha };
  }
  const { level, alpha } = best;
  const drift = slopeOf(values) / 2;
  return Float64Array.from({ length: horizon }, (_, h) => level + drift * (h + (1 - (1 - alpha) ** n) / alpha));
});

/** The least-squares slope a step. */
function slopeOf(values: Float64Array): number {
  const centre = (values.length - 1) / 2;
  let products = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    products += (i - centre) * values[i]!;
    squares += (i - centre) ** 2;
  }
  return products / squares;
}
