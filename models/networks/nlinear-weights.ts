/** What training leaves behind: plain data that survives a JSON round trip exactly. */
export interface NlinearWeights {
  kind: 'nlinear';
  /** How many past steps the network reads, and how many it forecasts at once. */
  contextLength: number;
  horizon: number;
  /** The quantile levels of its heads, ascending, two at least. */
  levels: number[];
  /**
   * `contextLength` rows of `levels.length * horizon` columns, row-major, where column `l * horizon + h` is level l at
   * step h; little-endian float32 in base64, as is `bias`.
   */
  kernel: string;
  bias: string;
  trainedOn: NlinearTraining;
}

/** What a person wants to know of a training, and what repeats it. */
export interface NlinearTraining {
  series: number;
  windows: number;
  epochs: number;
  seed: number;
  /** The mean pinball loss over the training windows, in units of the context's standard deviation. */
  loss: { before: number; after: number };
}

/** Numbers as the base64 of little-endian float32. */
export function encodeFloats(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

/**
 * Reads what `encodeFloats` wrote.
 *
 * @throws RangeError when there are not exactly `count` finite numbers.
 */
export function decodeFloats(text: string, count: number): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  if (bytes.byteLength !== 4 * count) {
    throw new RangeError(`The weights hold ${bytes.byteLength} bytes where ${count} float32 numbers belong`);
  }
  const values = new Float32Array(bytes.buffer);
  if (!values.every(Number.isFinite)) throw new RangeError('The weights are not all finite numbers');
  return values;
}
