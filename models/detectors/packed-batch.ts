import type { DetectInput, DetectResult } from '../tasks.ts';
import type { FlatState } from './flat-state.ts';
import { createVerdictColumns, sliceOfColumns, type VerdictColumns } from './verdict-columns.ts';

/**
 * Many series in a few buffers, for a way between threads: what a thread is handed costs by the object, not by the byte.
 * Series follow one another; `lengths` are their points. A series without a state has zeros in its place.
 */
export interface PackedInputs {
  stateLength: number;
  states: Float32Array;
  stateKinds: Uint8Array;
  isCount: Uint8Array;
  thresholdFactors: Float64Array;
  lengths: Uint32Array;
  times: Float64Array;
  values: Float64Array;
}

/** The answer, in the order of the input; a series of `errors` (by its number) has no verdicts. */
export interface PackedResults {
  states: Float32Array;
  verdicts: VerdictColumns;
  errors: Map<number, string>;
}

const [noState, goodState, badState] = [0, 1, 2];

/** Copies the series; the caller's arrays stay his. A state of another length than `stateLength` is marked as bad. */
export function packInputs(series: readonly DetectInput[], stateLength: number): PackedInputs {
  const points = series.reduce((sum, each) => sum + each.points.times.length, 0);
  const packed: PackedInputs = {
    stateLength,
    states: new Float32Array(series.length * stateLength),
    stateKinds: new Uint8Array(series.length),
    isCount: new Uint8Array(series.length),
    thresholdFactors: new Float64Array(series.length),
    lengths: new Uint32Array(series.length),
    times: new Float64Array(points),
    values: new Float64Array(points),
  };
  let at = 0;
  for (const [i, { state, traits, points, thresholdFactor = 1 }] of series.entries()) {
    packed.stateKinds[i] = state === null ? noState : state.length === stateLength ? goodState : badState;
    if (packed.stateKinds[i] === goodState) packed.states.set(state!, i * stateLength);
    packed.isCount[i] = Number(traits.isCount);
    packed.thresholdFactors[i] = thresholdFactor;
    packed.lengths[i] = points.times.length;
    packed.times.set(points.times, at);
    packed.values.set(points.values, at);
    at += points.times.length;
  }
  return packed;
}

/** One series of a batch: views into it, by which the batch is changed. */
export interface PackedSeries {
  index: number;
  state: FlatState;
  /** It has none yet, or one that is not of this detector. */
  isNew: boolean;
  isBroken: boolean;
  isCount: boolean;
  thresholdFactor: number;
  /** Its points are those of the batch in `[from, to)`. */
  from: number;
  to: number;
}

export function* packedSeries(packed: PackedInputs): Generator<PackedSeries> {
  let from = 0;
  for (let index = 0; index < packed.lengths.length; index++) {
    const to = from + packed.lengths[index]!;
    const state = packed.states.subarray(index * packed.stateLength, (index + 1) * packed.stateLength);
    const kind = packed.stateKinds[index];
    const isCount = packed.isCount[index] === 1;
    const thresholdFactor = packed.thresholdFactors[index]!;
    yield { index, state, isNew: kind === noState, isBroken: kind === badState, isCount, thresholdFactor, from, to };
    from = to;
  }
}

/** The results by series, as views into the buffers of the answer. */
export function unpackResults(
  { states, verdicts, errors }: PackedResults,
  lengths: ArrayLike<number>,
  stateLength: number,
): DetectResult[] {
  const columns = sliceOfColumns(verdicts);
  const nothing = createVerdictColumns(0);
  let from = 0;
  return Array.from(lengths, (length, index): DetectResult => {
    const state = states.subarray(index * stateLength, (index + 1) * stateLength);
    const error = errors.get(index);
    const result =
      error === undefined ? { state, verdicts: columns(from, from + length) } : { error, state, verdicts: nothing };
    from += length;
    return result;
  });
}
