/**
 * A dense layer in plain arithmetic, so that a trained network is used without TensorFlow.js: columns `from` to
 * `from + count` of `input * kernel + bias`, where the kernel has `width` columns, row-major.
 */
export function multiply(
  input: Float32Array,
  kernel: Float32Array,
  bias: Float32Array | undefined,
  width: number,
  from = 0,
  count = width,
): Float32Array {
  const output = bias === undefined ? new Float32Array(count) : bias.slice(from, from + count);
  for (let i = 0; i < input.length; i++) {
    const x = input[i]!;
    if (x === 0) continue;
    const row = i * width + from;
    for (let o = 0; o < count; o++) output[o]! += x * kernel[row + o]!;
  }
  return output;
}

/** Nothing below 0 passes. */
export function rectify(values: Float32Array): Float32Array {
  return values.map((value) => Math.max(0, value));
}
