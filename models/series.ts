/**
 * A series as columns, in ascending order of time. A missing observation is absent, never NaN.
 * `times[i]` is in Unix milliseconds, `values[i]` in the unit of the metric.
 */
export interface Points {
  times: Float64Array;
  values: Float64Array;
}

/**
 * A series on a regular grid: `values[i]` belongs to `startMs + i * stepMs`; a missing value is NaN.
 */
export interface RegularSeries {
  startMs: number;
  stepMs: number;
  values: Float64Array;
}

/**
 * Puts points on the grid of `stepMs` that covers `[fromMs, toMs)`.
 *
 * Points that share a cell are averaged; a cell without a point is NaN. Points outside the range and points that are
 * not finite are left out. `fromMs` is rounded down to the grid.
 *
 * @example
 * toRegular({ times: Float64Array.of(0, 60_000, 180_000), values: Float64Array.of(1, 2, 4) }, 0, 240_000, 60_000)
 * // { startMs: 0, stepMs: 60000, values: [1, 2, NaN, 4] }
 */
export function toRegular(points: Points, fromMs: number, toMs: number, stepMs: number): RegularSeries {
  const startMs = Math.floor(fromMs / stepMs) * stepMs;
  const values = new Float64Array(Math.max(0, Math.ceil((toMs - startMs) / stepMs)));
  const counts = new Uint32Array(values.length);
  for (let i = 0; i < points.times.length; i++) {
    const cell = Math.floor((points.times[i]! - startMs) / stepMs);
    const value = points.values[i]!;
    if (cell < 0 || cell >= values.length || !Number.isFinite(value)) continue;
    values[cell]! += value;
    counts[cell]!++;
  }
  for (let cell = 0; cell < values.length; cell++) {
    values[cell] = counts[cell]! > 0 ? values[cell]! / counts[cell]! : Number.NaN;
  }
  return { startMs, stepMs, values };
}
