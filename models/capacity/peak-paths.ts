import { standardDeviation } from '../statistics/standard-deviation.ts';
import type { Paths } from './growth-paths.ts';
import { normalDraws } from './normal-draws.ts';
import type { Teeth } from './teeth.ts';
import { theilSenSlope } from './theil-sen.ts';

/** Fewer peaks say nothing of a trend. */
const leastPeaks = 3;

/**
 * Draws futures of a series that is reset again and again: only its peaks count, each at the end of its tooth; what
 * lies between is left at the lowest number. The peaks follow a line with noise; its slope is 0 within its own error, as in
 * `fitGrowth`. `drift` is the growth of the peaks a step.
 */
export function drawPeakPaths(
  { peaks, period, age, highest }: Teeth,
  steps: number,
  count: number,
): { paths: Paths; drift: number } {
  const slope = peaks.length < leastPeaks ? 0 : theilSenSlope(peaks);
  const residuals = peaks.map((peak, i) => peak - slope * i);
  const noise = standardDeviation(residuals) * Math.sqrt(peaks.length / Math.max(1, peaks.length - 2));
  const error = noise * Math.sqrt(12 / peaks.length ** 3);
  const trust = slope === 0 ? 0 : Math.max(0, 1 - 2 * (error / slope) ** 2);
  const level = residuals.reduce((sum, value) => sum + value, 0) / peaks.length + slope * (peaks.length - 1);
  const draw = normalDraws(2);
  const paths = Array.from({ length: count }, () => {
    const path = new Float64Array(steps).fill(-Number.MAX_VALUE);
    const drift = trust * slope + Math.sqrt(trust) * error * draw();
    for (let tooth = 1, end = Math.max(0, period - age); end <= steps; tooth++, end += period) {
      if (end < 1) continue;
      const peak = level + (trust > 0 ? drift : 0) * tooth + noise * draw();
      path[Math.ceil(end) - 1] = tooth === 1 ? Math.max(peak, highest) : peak;
    }
    return path;
  });
  return { paths, drift: (trust * slope) / period };
}
