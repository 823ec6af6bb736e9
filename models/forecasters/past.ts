import { stl } from '../decomposition/stl.ts';

/** What is known of a series as of one moment, in the forms in which point forecasters want it; each is made once. */
export interface Past {
  /** Finite, on the regular grid, gaps filled. */
  values: Float64Array;
  /** The season lengths of which the values hold two, ascending. */
  seasonLengths: readonly number[];
  /** The logarithm of the values; undefined when one is not positive. */
  logarithm(): Past | undefined;
  /** The values without their shortest season, and how that season goes on; undefined without a season. */
  deseasonalised(): { past: Past; seasonAhead: (horizon: number) => Float64Array } | undefined;
}

/** Longer ago, a season looked otherwise. */
const decomposedCycles = 90;

/** @param values finite, two at least */
export function createPast(values: Float64Array, seasonLengths: readonly number[]): Past {
  const usable = seasonLengths.filter((length) => length > 1 && 2 * length <= values.length);
  return {
    values,
    seasonLengths: usable,
    logarithm: once(() => (values.every((value) => value > 0) ? createPast(values.map(Math.log), usable) : undefined)),
    deseasonalised: once(() => {
      const seasonLength = usable[0];
      return seasonLength === undefined ? undefined : removeSeason(values, seasonLength);
    }),
  };
}

function removeSeason(values: Float64Array, seasonLength: number) {
  const recent = values.subarray(Math.max(0, values.length - decomposedCycles * seasonLength));
  const { seasonal } = stl(recent, seasonLength);
  return {
    past: createPast(
      recent.map((value, i) => value - seasonal[i]!),
      [],
    ),
    seasonAhead: (horizon: number) => {
      const start = seasonal.length - seasonLength;
      return Float64Array.from({ length: horizon }, (_, h) => seasonal[start + (h % seasonLength)]!);
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
