import { loess } from './loess.ts';

/** A series taken apart: `values = seasonal + trend + what remains`, a value a cell. */
export interface Decomposition {
  seasonal: Float64Array;
  trend: Float64Array;
}

/** How many cycles a season is smoothed over, as R's `mstl` does for the shortest season. */
const seasonalWindow = 11;
const innerLoops = 2;

/**
 * Seasonal and trend decomposition by loess (STL; Cleveland, Cleveland, McRae and Terpenning, 1990), two inner loops,
 * no robustness loop, the window of the trend as the authors advise, each loess on a tenth of the positions.
 *
 * @param values finite, two seasons at least
 */
export function stl(values: Float64Array, seasonLength: number): Decomposition {
  const n = values.length;
  const lowPassWindow = oddAtLeast(seasonLength);
  const trendWindow = oddAtLeast((1.5 * seasonLength) / (1 - 1.5 / seasonalWindow));
  const seasonal = new Float64Array(n);
  let trend = new Float64Array(n);
  for (let loop = 0; loop < innerLoops; loop++) {
    const cycles = smoothCycles(values, trend, seasonLength);
    const averaged = movingAverage(movingAverage(movingAverage(cycles, seasonLength), seasonLength), 3);
    const lowPass = loess(averaged, lowPassWindow, tenth(lowPassWindow));
    for (let i = 0; i < n; i++) seasonal[i] = cycles[seasonLength + i]! - lowPass[i]!;
    const adjusted = values.map((value, i) => value - seasonal[i]!);
    trend = loess(adjusted, trendWindow, tenth(trendWindow)) as Float64Array<ArrayBuffer>;
  }
  return { seasonal, trend };
}

/** Smooths the values of each phase over the cycles; the answer begins one cycle before the series and ends one after. */
function smoothCycles(values: Float64Array, trend: Float64Array, seasonLength: number): Float64Array {
  const n = values.length;
  const smoothed = new Float64Array(n + 2 * seasonLength);
  for (let phase = 0; phase < seasonLength; phase++) {
    const count = Math.floor((n - phase - 1) / seasonLength) + 1;
    const cycle = new Float64Array(count);
    for (let k = 0; k < count; k++) {
      const i = phase + k * seasonLength;
      cycle[k] = values[i]! - trend[i]!;
    }
    const fitted = loess(cycle, seasonalWindow, tenth(seasonalWindow), -1, count);
    for (let k = 0; k < fitted.length; k++) smoothed[phase + k * seasonLength] = fitted[k]!;
  }
  return smoothed;
}

function movingAverage(values: Float64Array, length: number): Float64Array {
  const averages = new Float64Array(values.length - length + 1);
  let sum = 0;
  for (let i = 0; i < length; i++) sum += values[i]!;
  averages[0] = sum / length;
  for (let i = 1; i < averages.length; i++) {
    sum += values[i + length - 1]! - values[i - 1]!;
    averages[i] = sum / length;
  }
  return averages;
}

function oddAtLeast(value: number): number {
  const whole = Math.ceil(value);
  return whole % 2 === 1 ? whole : whole + 1;
}

function tenth(window: number): number {
  return Math.max(1, Math.ceil(window / 10));
}
