/** Of an interval between two quantiles that lie alike: which share of values it should hold, and which it held. */
export interface CentralCoverage {
  nominal: number;
  actual: number;
}

/**
 * The coverage of the intervals that pairs of levels make, widest first: 0.1 and 0.9 make one that should hold 0.8.
 *
 * @param below the share of values at or below the quantile of each level
 */
export function centralCoverage(levels: readonly number[], below: readonly number[]): CentralCoverage[] {
  return levels.flatMap((level, i) => {
    const mirror = levels.findIndex((other) => Math.abs(other - (1 - level)) < 1e-9);
    if (level >= 0.5 || mirror < 0) return [];
    // 1 - 2 * 0.1 is 0.8 and a trifle.
    return { nominal: Math.round((1 - 2 * level) * 1e6) / 1e6, actual: below[mirror]! - below[i]! };
  });
}
