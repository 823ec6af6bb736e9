import { fitGrowth, type Growth } from './growth.ts';
import { fixedDraws } from './normal-draws.ts';

/** Futures of a series: one column of `steps` values each, all equally likely. */
export type Paths = Float64Array[];

/**
 * Draws futures of a series that grows without resets: the level with its drift, each as uncertain as the past leaves
 * it, plus what stays and what passes at each step. The same values give the same futures.
 */
export function drawGrowthPaths(values: Float64Array, steps: number, count: number): { paths: Paths; growth: Growth } {
  const growth = fitGrowth(values);
  const { level, levelError, drift, driftError, staying, passing } = growth;
  const width = 2 + 2 * steps;
  const draws = fixedDraws(width * count);
  const paths = Array.from({ length: count }, (_, p) => {
    const path = new Float64Array(steps);
    let d = p * width;
    let now = level + levelError * draws[d++]!;
    const growth = drift + driftError * draws[d++]!;
    for (let h = 0; h < steps; h++) {
      now += growth + staying * draws[d++]!;
      path[h] = now + passing * draws[d++]!;
    }
    return path;
  });
  return { paths, growth };
}
