/** A value farther from the middle of its window than so many scales is cut to it. */
const farthest = 10;
/** How many of the longest seasons a window goes back. */
const cycles = 2;

interface WindowShape {
  /** The season of the forecast that the network corrects, e.g. 24 hours. */
  seasonLength: number;
  /** The longest season, e.g. 168 hours. */
  contextLength: number;
  horizon: number;
}

/** How many values before a moment a window takes: two of the longest season. */
export function windowLength({ contextLength }: WindowShape): number {
  return cycles * contextLength;
}

/** How many numbers the network reads of a window. */
export function inputLength({ contextLength, horizon }: WindowShape): number {
  return contextLength + cycles * horizon;
}

/**
 * Writes what the network reads of the moment `end`: the last `contextLength` values, less their mean, and how the
 * values one and two of the longest seasons before each step ahead differed from the last shortest season. All are over
 * the scale of the window, which is that of MASE: the mean absolute change from season to season.
 *
 * @param values finite, `windowLength` of them at least before `end`
 * @returns the scale, 0 for a window that repeats itself, of which nothing was written
 */
export function writeInput(
  values: Float64Array,
  end: number,
  shape: WindowShape,
  into: Float32Array,
  offset = 0,
): number {
  const { seasonLength, contextLength, horizon } = shape;
  const centre = meanOf(values, end - contextLength, end);
  const scale = scaleOf(values, end - windowLength(shape), end, seasonLength);
  if (!(scale > 1e-9 * Math.abs(centre))) return 0;
  let position = offset;
  for (let i = end - contextLength; i < end; i++) into[position++] = limit((values[i]! - centre) / scale);
  for (let cycle = 1; cycle <= cycles; cycle++) {
    for (let h = 0; h < horizon; h++) {
      const before = values[end - cycle * contextLength + (h % contextLength)]!;
      into[position++] = limit((before - lastSeason(values, end, h, seasonLength)) / scale);
    }
  }
  return scale;
}

/** Writes what the network should have said at `end`: how far the values were from the last season, in scales. */
export function writeTarget(
  values: Float64Array,
  end: number,
  { seasonLength, horizon, scale }: { seasonLength: number; horizon: number; scale: number },
  into: Float32Array,
  offset = 0,
): void {
  for (let h = 0; h < horizon; h++) {
    into[offset + h] = limit((values[end + h]! - lastSeason(values, end, h, seasonLength)) / scale);
  }
}

/** What seasonal naive says of the step `h` after `end`. */
export function lastSeason(values: Float64Array, end: number, h: number, seasonLength: number): number {
  return values[end - seasonLength + (h % seasonLength)]!;
}

function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i]!;
  return sum / (to - from);
}

function scaleOf(values: Float64Array, from: number, to: number, seasonLength: number): number {
  let change = 0;
  for (let i = from + seasonLength; i < to; i++) change += Math.abs(values[i]! - values[i - seasonLength]!);
  return change / (to - from - seasonLength);
}

function limit(value: number): number {
  return Math.max(-farthest, Math.min(farthest, value));
}
