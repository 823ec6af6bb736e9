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
