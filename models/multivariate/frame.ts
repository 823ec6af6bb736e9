/**
 * Several series on one regular grid: row i belongs to `startMs + i * stepMs` and holds a value of each of `width`
 * dimensions, `values[i * width + j]`; a missing value is NaN.
 */
export interface Frame {
  startMs: number;
  stepMs: number;
  width: number;
  values: Float32Array;
}

export function rowCount({ values, width }: Frame): number {
  return width === 0 ? 0 : values.length / width;
}

/** The rows `[from, to)`, without a copy. */
export function sliceRows(frame: Frame, from: number, to = rowCount(frame)): Frame {
  const { startMs, stepMs, width, values } = frame;
  return { startMs: startMs + from * stepMs, stepMs, width, values: values.subarray(from * width, to * width) };
}

/** The values of one dimension, in order of time. */
export function dimension({ values, width }: Frame, index: number): Float64Array {
  return Float64Array.from({ length: values.length / width }, (_, i) => values[i * width + index]!);
}

/** Whether at least half of the dimensions have a value in a row. */
export function isObserved({ values, width }: Frame, row: number): boolean {
  let observed = 0;
  for (let j = 0; j < width; j++) if (Number.isFinite(values[row * width + j])) observed++;
  return 2 * observed >= width;
}
