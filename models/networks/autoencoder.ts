import type { Scalar, Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { seededRandom } from '../statistics/seeded-random.ts';
import {
  type AutoencoderShape,
  type AutoencoderWeights,
  autoencoderShapes,
  limitVectors,
} from './autoencoder-weights.ts';
import { type BackendName, loadBackend, type Tf } from './backend.ts';
import { encodeFloats } from './floats.ts';
import { type TrainingOptions, trainByAdam } from './train-by-adam.ts';

export interface AutoencoderOptions {
  hiddenUnits?: number;
  codeUnits?: number;
  /** How many batches it learns from; by default, every vector some 9 times, within bounds. */
  steps?: number;
  batchSize?: number;
  learningRate?: number;
  seed?: number;
  /** The one backend to train with; the fastest by default. */
  backend?: BackendName;
}

/** Vectors to learn, row-major: `width` numbers each, in units of their spread; number j is of dimension j % `dimensions`. */
export interface TrainingVectors {
  width: number;
  dimensions: number;
  values: Float32Array;
}

/**
 * Each dimension is hidden from the network in so many of the vectors, and it must say it all the same. An autoencoder
 * that sees everything learns to copy, and then copies an anomaly too; this one learns how dimensions hang together.
 */
const hiddenRatio = 0.6;
const timesEachVector = 9;
const fewestSteps = 200;
const mostSteps = 600;

/**
 * Trains a denoising autoencoder: two layers down to a few numbers and two layers up again, by Adam on Huber's loss,
 * with whole dimensions hidden at random.
 *
 * The same vectors, options and backend give the same weights, bit for bit. Without a vector the network says 0 always.
 *
 * Source: Vincent et al., "Extracting and composing robust features with denoising autoencoders" (2008).
 */
export async function trainAutoencoder(
  vectors: TrainingVectors,
  {
    hiddenUnits = 128,
    codeUnits = 16,
    batchSize = 128,
    learningRate = 0.002,
    seed = 1,
    backend: only,
    ...options
  }: AutoencoderOptions = {},
  training: TrainingOptions = {},
): Promise<{ weights: AutoencoderWeights; backend: BackendName }> {
  const { width, dimensions } = vectors;
  const shape: AutoencoderShape = { width, hiddenUnits, codeUnits };
  const count = width === 0 ? 0 : vectors.values.length / width;
  const { tf, name } = await loadBackend(only);
  const random = seededRandom(seed);
  const variables = createVariables(tf, shape, count === 0 ? () => 0.5 : random);
  const draw = createDraw({ width, dimensions, values: limitVectors(vectors.values) }, batchSize, random);
  const loss = () => {
    const { seen, whole } = draw();
    const said = reconstruct(tf, tf.tensor2d(seen, [batchSize, width]), variables);
    return huberLoss(tf, tf.sub(said, tf.tensor2d(whole, [batchSize, width])));
  };
  try {
    const steps = count === 0 ? 0 : (options.steps ?? stepsFor(count, batchSize));
    const reached =
      steps === 0 ? { first: 0, last: 0 } : await trainByAdam(tf, variables, loss, { steps, learningRate }, training);
    const parameters = variables.map((variable) => encodeFloats(variable.dataSync() as Float32Array));
    const trainedOn = { vectors: count, steps, batchSize, seed, loss: reached };
    return { weights: { ...shape, parameters, trainedOn }, backend: name };
  } finally {
    tf.dispose(variables);
  }
}

function stepsFor(vectors: number, batchSize: number): number {
  return Math.max(fewestSteps, Math.min(mostSteps, Math.ceil((timesEachVector * vectors) / batchSize)));
}

/** Kernels as Glorot and Bengio (2010) advise, biases 0. */
function createVariables(tf: Tf, shape: AutoencoderShape, random: () => number): Variable[] {
  return autoencoderShapes(shape).map(([rows, columns], p) => {
    const reach = p % 2 === 1 ? 0 : Math.sqrt(6 / (rows + columns));
    const values = Float32Array.from({ length: rows * columns }, () => (2 * random() - 1) * reach);
    return tf.variable(tf.tensor2d(values, [rows, columns]));
  });
}

function reconstruct(tf: Tf, seen: Tensor2D, variables: readonly Variable[]): Tensor {
  let signal: Tensor = seen;
  for (let p = 0; p < variables.length; p += 2) {
    const sums = tf.add(tf.matMul(signal, variables[p]!), variables[p + 1]!);
    signal = p + 2 === variables.length ? sums : tf.relu(sums);
  }
  return signal;
}

/** Squares up to one unit, then linear: the loss of `huber-cost.ts` without its end. */
function huberLoss(tf: Tf, error: Tensor): Scalar {
  const size = tf.abs(error);
  const small = tf.minimum(size, 1);
  return tf.mean(tf.mul(small, tf.sub(tf.mul(size, 2), small)));
}

/** Batches of vectors in an order that is shuffled anew for each round; the arrays are used again by the next draw. */
function createDraw({ width, dimensions, values }: TrainingVectors, batchSize: number, random: () => number) {
  const count = values.length / width;
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const seen = new Float32Array(batchSize * width);
  const whole = new Float32Array(batchSize * width);
  const isHidden = new Uint8Array(dimensions);
  let next = count;
  return () => {
    for (let row = 0; row < batchSize; row++) {
      if (next >= count) {
        shuffle(order, random);
        next = 0;
      }
      const from = order[next++]! * width;
      for (let d = 0; d < dimensions; d++) isHidden[d] = random() < hiddenRatio ? 1 : 0;
      for (let j = 0; j < width; j++) {
        whole[row * width + j] = values[from + j]!;
        seen[row * width + j] = isHidden[j % dimensions] === 1 ? 0 : values[from + j]!;
      }
    }
    return { seen, whole };
  };
}

/** Fisher and Yates' shuffle. */
function shuffle(order: Uint32Array, random: () => number): void {
  for (let i = order.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
}
