import type { RegularSeries } from '../series.ts';
import { fillGaps } from '../statistics/fill-gaps.ts';
import type { SeasonalMlpShape } from './seasonal-mlp-weights.ts';
import { inputLength, windowLength, writeInput, writeTarget } from './seasonal-windows.ts';

/** Where training draws its windows from: a series at random, and a moment of it. */
export interface WindowSource {
  /** How many windows there are to draw from. */
  count: number;
  /** The next batch, row-major; the arrays are used again by the next draw. */
  draw(count: number): { inputs: Float32Array; targets: Float32Array };
}

/** The least share of a context that must have been observed; of a target, all must. */
const leastObserved = 0.75;

interface Learnt {
  /** The moments from which a target was observed, and before which enough of a context was. */
  ends: Uint32Array;
  /** The values, and their logarithm where all are positive. */
  scales: Float64Array[];
}

/** @returns undefined when no series holds a window. */
export function createWindowSource(
  series: readonly RegularSeries[],
  shape: SeasonalMlpShape,
  random: () => number,
): WindowSource | undefined {
  const { horizon } = shape;
  const width = inputLength(shape);
  const learnt = series.flatMap(({ values }): Learnt[] => {
    const ends = endsOf(values, shape);
    if (ends.length === 0) return [];
    const filled = fillGaps(values);
    return [{ ends, scales: filled.every((value) => value > 0) ? [filled, filled.map(Math.log)] : [filled] }];
  });
  if (learnt.length === 0) return undefined;
  let inputs = new Float32Array(0);
  let targets = new Float32Array(0);

  /** A window that repeats itself teaches nothing: another is drawn, a few times at most. */
  function drawInto(row: number): void {
    for (let attempt = 0; attempt < 20; attempt++) {
      const { ends, scales } = learnt[Math.floor(random() * learnt.length)]!;
      const values = scales[Math.floor(random() * scales.length)]!;
      const end = ends[Math.floor(random() * ends.length)]!;
      const scale = writeInput(values, end, shape, inputs, row * width);
      if (scale === 0) continue;
      writeTarget(values, end, { ...shape, scale }, targets, row * horizon);
      return;
    }
    inputs.fill(0, row * width, (row + 1) * width);
    targets.fill(0, row * horizon, (row + 1) * horizon);
  }

  return {
    count: learnt.reduce((sum, { ends }) => sum + ends.length, 0),
    draw(count) {
      if (inputs.length !== count * width) {
        inputs = new Float32Array(count * width);
        targets = new Float32Array(count * horizon);
      }
      for (let row = 0; row < count; row++) drawInto(row);
      return { inputs, targets };
    },
  };
}

function endsOf(values: Float64Array, shape: SeasonalMlpShape): Uint32Array {
  const before = windowLength(shape);
  const observed = new Uint32Array(values.length + 1);
  for (let i = 0; i < values.length; i++) observed[i + 1] = observed[i]! + (Number.isFinite(values[i]!) ? 1 : 0);
  const ends: number[] = [];
  for (let end = before; end + shape.horizon <= values.length; end++) {
    const isTargetWhole = observed[end + shape.horizon]! - observed[end]! === shape.horizon;
    if (isTargetWhole && observed[end]! - observed[end - before]! >= leastObserved * before) ends.push(end);
  }
  return Uint32Array.from(ends);
}
