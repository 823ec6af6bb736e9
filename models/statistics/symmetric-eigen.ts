export interface Eigen {
  /** Descending. */
  values: Float64Array;
  /** `vectors[k]` belongs to `values[k]`; of length 1. */
  vectors: Float64Array[];
}

const maxSweeps = 30;

/**
 * The eigenvalues and eigenvectors of a symmetric matrix (row-major, n x n) by cyclic Jacobi rotations: slow beyond a
 * few hundred rows, exact and simple below.
 *
 * Source: Golub, Van Loan, "Matrix Computations", section 8.5.
 *
 * @example
 * symmetricEigen([2, 1, 1, 2], 2).values // [3, 1]
 */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): Eigen {
  const a = Float64Array.from(matrix);
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  const size = Math.hypot(...Array.from({ length: n }, (_, i) => a[i * n + i]!)) || 1;
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        off += Math.abs(a[p * n + q]!);
        if (Math.abs(a[p * n + q]!) > size * Number.EPSILON) rotate(a, v, n, p, q);
      }
    }
    if (off <= size * n * n * Number.EPSILON) break;
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j]! - a[i * n + i]!);
  return {
    values: Float64Array.from(order, (i) => a[i * n + i]!),
    vectors: order.map((i) => Float64Array.from({ length: n }, (_, k) => v[k * n + i]!)),
  };
}

/** Turns the plane of p and q so that the element between them becomes 0. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * a[p * n + q]!);
  const tan = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cos = 1 / Math.sqrt(tan * tan + 1);
  const sin = tan * cos;
  turnColumns(a, n, p, q, cos, sin);
  for (let k = 0; k < n; k++) {
    const x = a[p * n + k]!;
    const y = a[q * n + k]!;
    a[p * n + k] = cos * x - sin * y;
    a[q * n + k] = sin * x + cos * y;
  }
  turnColumns(v, n, p, q, cos, sin);
}

function turnColumns(m: Float64Array, n: number, p: number, q: number, cos: number, sin: number): void {
  for (let k = 0; k < n; k++) {
    const x = m[k * n + p]!;
    const y = m[k * n + q]!;
    m[k * n + p] = cos * x - sin * y;
    m[k * n + q] = sin * x + cos * y;
  }
}
