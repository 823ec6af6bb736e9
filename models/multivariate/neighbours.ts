import { decodeFloats, encodeFloats } from '../networks/floats.ts';
import { dayMs, timeOfDay } from './daily-profile.ts';
import { type Frame, isObserved, rowCount } from './frame.ts';
import { huberCost } from './huber-cost.ts';
import type { MultivariateDetector, Strangeness } from './multivariate-detector.ts';
import { fitScaling, type Scaling } from './scaling.ts';
import { trailingVectors, type Vectors } from './trailing-vectors.ts';

/** A reference as vectors that stand for it, with the time of day of each. */
export interface NeighbourWeights extends Scaling {
  /** `timesOfDay.length` vectors of one row now and at each lag; float32 in base64. */
  vectors: string;
  /** Milliseconds since midnight. */
  timesOfDay: number[];
}

const minuteMs = 60_000;
const lagsMs = [0, 2, 5, 10, 20].map((minutes) => minutes * minuteMs);
/** The reference is kept as so many of its rows, evenly apart: memory and time are bounded whatever its length. */
const maxVectors = 1500;
/** Days differ by so much in when they do the same. */
const sameTimeMs = 60 * minuteMs;
/** Of the vectors at the same time of day the third nearest counts: one odd day in the reference excuses nothing. */
const analogues = 3;

/**
 * How far a row is from the nearest of what the reference shows, at any time of the day.
 *
 * Source: Ramaswamy, Rastogi, Shim, "Efficient algorithms for mining outliers from large data sets" (2000).
 */
export const nearestNeighbour = defineNeighbours('nearest-neighbour', ({ anyTime }) => anyTime);

/** How far a row is from what other days show within an hour of its time of day: the method of analogues. */
export const analogueDays = defineNeighbours('analogue-days', ({ sameTime }) => sameTime);

/**
 * The mean of both. The nearest at any time knows what was ever seen, analogues know what belongs here; the mean did
 * better than either on servers with a strong daily rhythm and on servers without.
 */
export const neighbours = defineNeighbours('neighbours', ({ anyTime, sameTime }) => (anyTime + sameTime) / 2);

interface Distances {
  anyTime: number;
  sameTime: number;
}

function defineNeighbours<Id extends string>(
  id: Id,
  combine: (distances: Distances) => number,
): MultivariateDetector<NeighbourWeights> & { id: Id } {
  return {
    id,
    contextMs: Math.max(...lagsMs),
    async fit(reference) {
      const scaling = fitScaling(reference);
      return { weights: { ...scaling, ...thin(reference, trailingVectors(reference, scaling, lagsMs)) } };
    },
    measure(weights, frame, fromRow) {
      const { width } = frame;
      const rows = trailingVectors(frame, weights, lagsMs, fromRow);
      const kept: Vectors = {
        width: rows.width,
        values: decodeFloats(weights.vectors, weights.timesOfDay.length * rows.width),
      };
      return search(rows, kept, weights.timesOfDay, frame, fromRow, width, combine);
    },
  };
}

/** Keeps every n-th row of those that were observed. */
function thin(
  reference: Frame,
  { width: vectorWidth, values: vectors }: Vectors,
): Pick<NeighbourWeights, 'vectors' | 'timesOfDay'> {
  const { startMs, stepMs } = reference;
  const usable: number[] = [];
  for (let i = 0; i < rowCount(reference); i++) if (isObserved(reference, i)) usable.push(i);
  const count = Math.min(usable.length, maxVectors);
  const rows = Array.from({ length: count }, (_, k) => usable[Math.floor((k * usable.length) / count)]!);
  const kept = new Float32Array(count * vectorWidth);
  for (const [k, row] of rows.entries())
    kept.set(vectors.subarray(row * vectorWidth, (row + 1) * vectorWidth), k * vectorWidth);
  return { vectors: encodeFloats(kept), timesOfDay: rows.map((row) => timeOfDay(startMs + row * stepMs)) };
}

function search(
  rows: Vectors,
  kept: Vectors,
  timesOfDay: readonly number[],
  frame: Frame,
  fromRow: number,
  width: number,
  combine: (distances: Distances) => number,
): Strangeness {
  const count = Math.max(0, rowCount(frame) - fromRow);
  const distance = new Float64Array(count);
  const contributions = new Float32Array(count * width);
  const finder = createFinder(kept, timesOfDay);
  for (let i = 0; i < count && timesOfDay.length > 0; i++) {
    const vector = rows.values.subarray(i * rows.width, (i + 1) * rows.width);
    const found = finder(vector, timeOfDay(frame.startMs + (fromRow + i) * frame.stepMs));
    const unit = (cost: number) => Math.sqrt(cost / rows.width);
    distance[i] = combine({ anyTime: unit(found.anyTime), sameTime: unit(found.sameTime) });
    contributions.set(share(vector, kept, found.nearest, width), i * width);
  }
  return { distance, contributions };
}

interface Found {
  /** Costs: of the nearest vector, and of the third nearest of the same time of day. */
  anyTime: number;
  sameTime: number;
  /** The nearest vector of the same time of day. */
  nearest: number;
}

/**
 * An exact search by scanning, which stops adding up a vector as soon as it is too far. It begins with the vectors
 * that were nearest to the row before, which are near to this one too, so that most others are left early.
 */
function createFinder(
  { width, values }: Vectors,
  timesOfDay: readonly number[],
): (vector: Float32Array, timeMs: number) => Found {
  const best = new Float64Array(analogues);
  const warm: number[] = [];
  const tried = new Uint32Array(timesOfDay.length);
  let round = 0;
  return (vector, timeMs) => {
    round++;
    best.fill(Number.POSITIVE_INFINITY);
    let anyTime = Number.POSITIVE_INFINITY;
    let nearest = -1;
    let overall = -1;
    const tryVector = (k: number) => {
      if (tried[k] === round) return;
      tried[k] = round;
      const apart = Math.abs(timesOfDay[k]! - timeMs);
      const isSameTime = Math.min(apart, dayMs - apart) <= sameTimeMs;
      const limit = isSameTime ? best[analogues - 1]! : anyTime;
      const cost = costWithin(vector, values, k * width, limit);
      if (cost >= limit) return;
      if (cost < anyTime) {
        anyTime = cost;
        overall = k;
      }
      if (!isSameTime) return;
      if (cost < best[0]!) nearest = k;
      insert(best, cost);
    };
    for (const k of warm) tryVector(k);
    for (let k = 0; k < timesOfDay.length; k++) tryVector(k);
    warm.length = 0;
    if (nearest >= 0) warm.push(nearest);
    if (overall >= 0) warm.push(overall);
    // A short reference shows too few other days: it answers for any time of the day.
    const hasAnalogues = Number.isFinite(best[analogues - 1]!);
    return {
      anyTime,
      sameTime: hasAnalogues ? best[analogues - 1]! : anyTime,
      nearest: hasAnalogues ? nearest : overall,
    };
  };
}

/** Keeps the smallest values, ascending. */
function insert(smallest: Float64Array, value: number): void {
  let at = smallest.length - 1;
  while (at > 0 && smallest[at - 1]! > value) {
    smallest[at] = smallest[at - 1]!;
    at--;
  }
  smallest[at] = value;
}

/** The cost between `vector` and the vector of `values` at `offset`, or some number not below `limit`. */
function costWithin(vector: Float32Array, values: Float32Array, offset: number, limit: number): number {
  let cost = 0;
  for (let j = 0; j < vector.length; ) {
    const end = Math.min(j + 16, vector.length);
    for (; j < end; j++) cost += huberCost(vector[j]! - values[offset + j]!);
    if (cost >= limit) return cost;
  }
  return cost;
}

/** The share of each dimension in the cost between `vector` and its nearest. */
function share(vector: Float32Array, { values, width: vectorWidth }: Vectors, nearest: number, width: number) {
  const shares = new Float32Array(width);
  let total = 0;
  for (let j = 0; j < vector.length; j++) {
    const cost = huberCost(vector[j]! - values[nearest * vectorWidth + j]!);
    shares[j % width]! += cost;
    total += cost;
  }
  return total > 0 ? shares.map((part) => part / total) : shares;
}
