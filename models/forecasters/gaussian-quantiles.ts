import { normalQuantile } from '../statistics/normal-quantile.ts';

/**
 * The quantiles of normal distributions, one a step: `mean[h] + z(level) * sigma[h]`, as `quantiles[l][h]`. Ordered
 * when `levels` ascend.
 */
export function gaussianQuantiles(mean: Float64Array, sigma: Float64Array, levels: readonly number[]): Float64Array[] {
  return levels.map((level) => {
    const z = normalQuantile(level);
    return mean.map((value, h) => value + z * sigma[h]!);
  });
}
