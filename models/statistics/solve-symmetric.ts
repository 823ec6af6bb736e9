/**
 * Solves `A x = b` for a symmetric positive definite `A` by Cholesky's factors. A pivot that vanishes is lifted, so
 * that a direction without information gets no weight instead of an error.
 *
 * @param matrix `d * d`, row-major, of which the lower triangle is read
 */
export function solveSymmetric(matrix: Float64Array, right: Float64Array): Float64Array {
  const d = right.length;
  const factor = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * d + j]!;
      for (let k = 0; k < j; k++) sum -= factor[i * d + k]! * factor[j * d + k]!;
      factor[i * d + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / factor[j * d + j]!;
    }
  }
  const x = right.slice();
  for (let i = 0; i < d; i++) {
    let sum = x[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i * d + k]! * x[k]!;
    x[i] = sum / factor[i * d + i]!;
  }
  for (let i = d - 1; i >= 0; i--) {
    let sum = x[i]!;
    for (let k = i + 1; k < d; k++) sum -= factor[k * d + i]! * x[k]!;
    x[i] = sum / factor[i * d + i]!;
  }
  return x;
}
