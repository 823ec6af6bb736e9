import { createPointForecaster } from './point-forecaster.ts';

const alphas = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95];
const betas = [0, 0.005, 0.02, 0.05, 0.1, 0.3];
const damping = [0.8, 0.9, 0.95, 0.98];
/** Exponential weights forget what is older. */
const longestPast = 1000;

/**
 * Exponential smoothing with a damped trend, ETS(A,Ad,N) (Gardner and McKenzie, 1985): the level follows the values by
 * alpha, the trend follows the level by alpha * beta and fades by phi a step. The three are chosen from a grid by the
 * squared errors one step ahead; a trend of 0 that stays, which is simple exponential smoothing, is in the grid.
 */
export const dampedTrend = createPointForecaster('damped-trend', ({ values }, horizon) => {
  const recent = values.subarray(Math.max(0, values.length - longestPast));
  let best = { error: Number.POSITIVE_INFINITY, level: 0, trend: 0, phi: 1 };
  for (const alpha of alphas) {
    for (const beta of betas) {
      for (const phi of beta === 0 ? damping.slice(0, 1) : damping) {
        const smoothed = smooth(recent, alpha, alpha * beta, phi, best.error);
        if (smoothed !== undefined) best = { ...smoothed, phi };
      }
    }
  }
  let { level, trend } = best;
  return Float64Array.from({ length: horizon }, () => {
    trend *= best.phi;
    level += trend;
    return level;
  });
});

/** Undefined as soon as the error passes that of the best so far. */
function smooth(values: Float64Array, alpha: number, gain: number, phi: number, bestError: number) {
  let level = values[0]!;
  let trend = 0;
  let error = 0;
  for (let i = 1; i < values.length; i++) {
    const expected = level + phi * trend;
    const surprise = values[i]! - expected;
    error += surprise * surprise;
    if (error >= bestError) return undefined;
    level = expected + alpha * surprise;
    trend = phi * trend + gain * surprise;
  }
  return { error, level, trend };
}
