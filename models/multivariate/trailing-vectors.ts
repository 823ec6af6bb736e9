import { type Frame, rowCount } from './frame.ts';
import type { Scaling } from './scaling.ts';

/** Scaled vectors of `width` numbers each, row-major. */
export interface Vectors {
  width: number;
  values: Float32Array;
}

/**
 * Each row from `fromRow` on as one vector of now and of some moments before it: an incident is often a course that is
 * odd, of values that are ordinary one by one. Block l of a vector is the row `lagsMs[l]` earlier (the first row of
 * the frame where that is before it), scaled.
 *
 * A missing value repeats the last one of its dimension, or is the centre when there was none: that something is
 * missing is for others to say.
 */
export function trailingVectors(
  frame: Frame,
  { centre, scale }: Scaling,
  lagsMs: readonly number[],
  fromRow = 0,
): Vectors {
  const { width, stepMs } = frame;
  const rows = rowCount(frame);
  const scaled = scaleRows(frame, centre, scale);
  const lags = lagsMs.map((lagMs) => Math.round(lagMs / stepMs));
  const vectorWidth = width * lags.length;
  const values = new Float32Array(Math.max(0, rows - fromRow) * vectorWidth);
  for (let i = fromRow; i < rows; i++) {
    for (let l = 0; l < lags.length; l++) {
      const from = Math.max(0, i - lags[l]!) * width;
      values.set(scaled.subarray(from, from + width), (i - fromRow) * vectorWidth + l * width);
    }
  }
  return { width: vectorWidth, values };
}

function scaleRows({ values, width }: Frame, centre: readonly number[], scale: readonly number[]): Float32Array {
  const scaled = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const j = at % width;
    const value = (values[at]! - centre[j]!) / scale[j]!;
    scaled[at] = Number.isFinite(value) ? value : at < width ? 0 : scaled[at - width]!;
  }
  return scaled;
}

/** Adds up the parts of a vector that belong to one dimension, over all lags. */
export function sumOverLags(parts: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  for (let at = 0; at < parts.length; at++) sums[at % width]! += parts[at]!;
  return sums;
}
