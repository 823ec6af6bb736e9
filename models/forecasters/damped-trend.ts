import type { Past } from './past.ts';
import type { PointForecaster } from './point-forecaster.ts';

const alphas = [0.1, 0.3, 0.6, 0.9];
const betas = [0.02, 0.1];
const damping = [0.9, 0.98];
/** Exponential weights forget what is older. */
const longestPast = 500;

interface Smoothing {
  alpha: number;
  /** How far the trend follows the level: alpha times beta. */
  gain: number;
  phi: number;
}

/** The grid holds simple exponential smoothing, the trend of which stays 0. */
const grid: readonly Smoothing[] = alphas.flatMap((alpha) => [
  { alpha, gain: 0, phi: 1 },
  ...betas.flatMap((beta) => damping.map((phi) => ({ alpha, gain: alpha * beta, phi }))),
]);

/**
 * Exponential smoothing with a damped trend, ETS(A,Ad,N) (Gardner and McKenzie, 1985): the level follows the values by
 * alpha, the trend follows the level by alpha * beta and fades by phi a step. The three are chosen from a grid by the
 * squared errors one step ahead, for all moments at the first.
 */
export const dampedTrend: PointForecaster = {
  id: 'damped-trend',
  forecast(pasts, horizon) {
    if (pasts.length === 0) return [];
    const first = recentOf(pasts[0]!);
    let best = { smoothing: grid[0]!, error: Number.POSITIVE_INFINITY };
    for (const smoothing of grid) {
      const { error } = smooth(first, smoothing);
      if (error < best.error) best = { smoothing, error };
    }
    return pasts.map((past) => {
      let { level, trend } = smooth(recentOf(past), best.smoothing);
      return Float64Array.from({ length: horizon }, () => {
        trend *= best.smoothing.phi;
        level += trend;
        return level;
      });
    });
  },
};

function recentOf({ values }: Past): Float64Array {
  return values.subarray(Math.max(0, values.length - longestPast));
}

function smooth(values: Float64Array, { alpha, gain, phi }: Smoothing) {
  let level = values[0]!;
  let trend = 0;
  let error = 0;
  for (let i = 1; i < values.length; i++) {
    const expected = level + phi * trend;
    const surprise = values[i]! - expected;
    error += surprise * surprise;
    level = expected + alpha * surprise;
    trend = phi * trend + gain * surprise;
  }
  return { error, level, trend };
}
