import { mean } from '../statistics/mean.ts';
import { median } from '../statistics/median.ts';

/** So many seasons must have been seen. */
const leastCycles = 3;
/** A season counts when it explains so much of what moves within it, at least. */
const leastExplained = 0.3;

/**
 * What the season adds at each phase, `profile[t % seasonLength]`, with a mean of 0: the median over the cycles of
 * the distance from the moving average over one season. All 0 when fewer than three seasons were seen, or when the
 * season explains less than 30 % of the variance around the moving average. `values` are finite.
 */
export function seasonalProfile(values: Float64Array, seasonLength: number): Float64Array {
  const none = new Float64Array(Math.max(1, seasonLength));
  if (seasonLength < 2 || values.length < leastCycles * seasonLength) return none;
  const distances = values.map((value, t) => value - movingAverage(values, t, seasonLength));
  const inner = (t: number) => t >= seasonLength / 2 && t < values.length - seasonLength / 2;
  const profile = none.map((_, phase) => median(distances.filter((_, t) => t % seasonLength === phase && inner(t))));
  const centre = mean(profile);
  for (let phase = 0; phase < seasonLength; phase++) profile[phase]! -= centre;
  const energy = (of: Float64Array) => mean(of.filter((_, t) => inner(t)).map((value) => value * value));
  const left = energy(distances.map((value, t) => value - profile[t % seasonLength]!));
  return left < (1 - leastExplained) * energy(distances) ? profile : none;
}

/** The mean of the season around `t`; at the ends, of the season that is there. */
function movingAverage(values: Float64Array, t: number, seasonLength: number): number {
  const start = Math.min(Math.max(0, t - Math.floor(seasonLength / 2)), values.length - seasonLength);
  return mean(values.subarray(start, start + seasonLength));
}
