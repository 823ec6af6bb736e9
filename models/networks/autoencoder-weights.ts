import { multiply, rectify } from './dense.ts';
import { decodeFloats } from './floats.ts';
import type { TrainingLoss } from './train-by-adam.ts';

export interface AutoencoderShape {
  /** Numbers of a vector, which it reads and says again. */
  width: number;
  /** Units of the layers on either side of the narrow one. */
  hiddenUnits: number;
  /** Units of the narrow layer, through which everything must pass. */
  codeUnits: number;
}

/** What training leaves behind: plain data that survives a JSON round trip exactly. */
export interface AutoencoderWeights extends AutoencoderShape {
  /** The matrices in the order of `autoencoderShapes`, row-major, as base64 of little-endian float32. */
  parameters: string[];
  trainedOn: { vectors: number; steps: number; batchSize: number; seed: number; loss: TrainingLoss };
}

/** Vectors are cut to this many units before the network reads them: far from what it knows it would say anything. */
const farthest = 10;

/** Rows and columns of each matrix: four layers, each with its bias. */
export function autoencoderShapes({ width, hiddenUnits, codeUnits }: AutoencoderShape): [number, number][] {
  const sizes = [width, hiddenUnits, codeUnits, hiddenUnits, width];
  return sizes.slice(1).flatMap((columns, layer): [number, number][] => [
    [sizes[layer]!, columns],
    [1, columns],
  ]);
}

/**
 * What the network makes of a vector, in plain arithmetic; TensorFlow.js is needed to train, not to use it.
 *
 * @throws RangeError when the weights do not have the shape that they claim.
 */
export function createReconstruction(weights: AutoencoderWeights): (vector: Float32Array) => Float32Array {
  const matrices = autoencoderShapes(weights).map(([rows, columns], p) =>
    decodeFloats(weights.parameters[p] ?? '', rows * columns),
  );
  const layers = matrices.length / 2;
  return (vector) => {
    let signal = limitVectors(vector);
    for (let layer = 0; layer < layers; layer++) {
      const bias = matrices[2 * layer + 1]!;
      const sums = multiply(signal, matrices[2 * layer]!, bias, bias.length);
      signal = layer === layers - 1 ? sums : rectify(sums);
    }
    return signal;
  };
}

/** A copy of which nothing is farther than 10 units. */
export function limitVectors(values: Float32Array): Float32Array {
  return values.map((value) => Math.max(-farthest, Math.min(farthest, value)));
}
