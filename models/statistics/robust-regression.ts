import { median } from './median.ts';
import { solveSymmetric } from './solve-symmetric.ts';

/** A regression to which rows are added over time. */
export interface RobustRegression {
  /** @param fill writes the regressors of the row, the last of which is not penalised (the constant). */
  add(fill: (row: Float64Array) => void, target: number): void;
  /** The weights, one a regressor, of all rows so far. */
  solve(): Float64Array;
}

/** The first solution settles the weights of its rows; later rows count in full, for news are no outliers. */
const passes = 3;
/** Residuals beyond so many medians of their size count less: of normal ones, beyond 1.01 standard deviations. */
const tuning = 1.5;
const leastChange = 0.02;

/**
 * Linear regression with a ridge penalty on Huber's loss, by iteratively reweighted least squares (Huber, 1964;
 * Holland and Welsch, 1977). The sums of products are kept, and only rows whose weight changed are added again: a
 * solution after more rows costs little more than those rows.
 */
export function createRobustRegression(width: number, penalty: number): RobustRegression {
  const products = new Float64Array(width * width);
  const right = new Float64Array(width);
  let rows = new Float64Array(256 * width);
  let targets = new Float64Array(256);
  let rowWeights = new Float64Array(256);
  let count = 0;
  let isSettled = false;

  function accumulate(r: number, weight: number): void {
    const offset = r * width;
    const target = targets[r]!;
    for (let i = 0; i < width; i++) {
      const scaled = rows[offset + i]! * weight;
      right[i]! += scaled * target;
      const line = i * width;
      for (let j = 0; j <= i; j++) products[line + j]! += scaled * rows[offset + j]!;
    }
  }

  function solveOnce(): Float64Array {
    const penalised = products.slice();
    for (let i = 0; i < width - 1; i++) penalised[i * width + i]! += penalty;
    penalised[width * width - 1]! += 1e-6;
    return solveSymmetric(penalised, right);
  }

  function reweigh(weights: Float64Array): void {
    const sizes = new Float64Array(count);
    for (let r = 0; r < count; r++) {
      let fitted = 0;
      for (let i = 0; i < width; i++) fitted += weights[i]! * rows[r * width + i]!;
      sizes[r] = Math.abs(targets[r]! - fitted);
    }
    const limit = tuning * median(sizes);
    for (let r = 0; r < count; r++) {
      const weight = sizes[r]! > limit ? limit / sizes[r]! : 1;
      const change = weight - rowWeights[r]!;
      if (Math.abs(change) < leastChange) continue;
      accumulate(r, change);
      rowWeights[r] = weight;
    }
  }

  return {
    add(fill, target) {
      if (count === targets.length) {
        rows = grow(rows);
        targets = grow(targets);
        rowWeights = grow(rowWeights);
      }
      fill(rows.subarray(count * width, (count + 1) * width));
      targets[count] = target;
      rowWeights[count] = 1;
      accumulate(count, 1);
      count++;
    },
    solve() {
      if (isSettled) return solveOnce();
      isSettled = true;
      let solution = solveOnce();
      for (let pass = 0; pass < passes; pass++) {
        reweigh(solution);
        solution = solveOnce();
      }
      return solution;
    },
  };
}

function grow(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * values.length);
  larger.set(values);
  return larger;
}
