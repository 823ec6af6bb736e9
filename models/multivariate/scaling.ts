import { median } from '../statistics/median.ts';
import { fitDailyProfile, slotAt } from './daily-profile.ts';
import { dimension, type Frame } from './frame.ts';

/** What makes the dimensions of a reference comparable, one number each. */
export interface Scaling {
  centre: number[];
  /** Above 0 always. */
  scale: number[];
}

/** Of a dimension that never changed, a change by this part of its value is one unit. */
const constantRatio = 1e-3;
const smallestScale = 1e-6;

/**
 * Fits the scaling of each dimension to a reference: the centre is the median, and the scale is the geometric mean of
 * the typical and the largest deviation from what the half hour of the day shows (sqrt(rms * max)).
 *
 * The rms alone makes a dimension that is still but for rare bursts the loudest of all; the largest alone lets one
 * burst silence a dimension. Their geometric mean did best of those tried on server metrics, and has no unit.
 * A dimension that never changed gets a small scale, for any change of it is news.
 */
export function fitScaling(reference: Frame): Scaling {
  const centre: number[] = [];
  const scale: number[] = [];
  for (let j = 0; j < reference.width; j++) {
    const values = dimension(reference, j);
    const middle = median(values);
    centre.push(Number.isFinite(middle) ? middle : 0);
    scale.push(scaleOf(values, reference, centre[j]!));
  }
  return { centre, scale };
}

function scaleOf(values: Float64Array, reference: Frame, centre: number): number {
  const profile = fitDailyProfile(values, reference, centre);
  let squares = 0;
  let largest = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const deviation = Math.abs(values[i]! - profile[slotAt(reference, i)]!);
    if (!Number.isFinite(deviation)) continue;
    squares += deviation * deviation;
    largest = Math.max(largest, deviation);
    count++;
  }
  const spread = count === 0 ? 0 : Math.sqrt(Math.sqrt(squares / count) * largest);
  return Math.max(spread, constantRatio * Math.abs(centre), smallestScale);
}
