import { setImmediate as yieldToEvents } from 'node:timers/promises';
import type { Scalar, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import type { InsufficientHistory } from '../forecasters/forecaster.ts';
import type { RegularSeries } from '../series.ts';
import { seededRandom } from '../statistics/seeded-random.ts';
import { type Backend, type BackendName, loadBackend, type Tf } from './backend.ts';
import { encodeFloats, type NlinearWeights } from './nlinear-weights.ts';
import { cutWindows, type Windows } from './windows.ts';

export interface NlinearOptions {
  contextLength?: number;
  horizon?: number;
  /** Ascending, two at least. */
  levels?: readonly number[];
  epochs?: number;
  maxWindows?: number;
  batchSize?: number;
  learningRate?: number;
  seed?: number;
  /** The one backend to train with; the fastest by default. */
  backend?: BackendName;
}

export interface NlinearProgress {
  epoch: number;
  epochs: number;
  /** The mean pinball loss over the epoch, in units of the context's standard deviation. */
  loss: number;
}

export interface TrainedNlinear {
  ok: true;
  weights: NlinearWeights;
  backend: BackendName;
}

/**
 * Trains one NLinear network across all series: a linear map from a normalised context to a quantile of each step
 * ahead, one head a level, by Adam on the pinball loss (architecture: Zeng et al., 2023).
 *
 * It starts from zeros, which is the naive forecast, and is bounded: `epochs` passes over at most `maxWindows` windows.
 * The same series, options and backend give the same weights, bit for bit. Between epochs it reports `onProgress`, lets
 * other work run, and rejects with the reason of `signal` when that is aborted. Series that are too short to cut a
 * window from are an answer, not an error.
 */
export async function trainNlinear(
  series: readonly RegularSeries[],
  {
    contextLength = 96,
    horizon = 24,
    levels = [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975],
    epochs = 20,
    maxWindows = 20_000,
    batchSize = 256,
    learningRate = 0.003,
    seed = 1,
    backend: only,
  }: NlinearOptions = {},
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (progress: NlinearProgress) => void } = {},
): Promise<TrainedNlinear | InsufficientHistory> {
  const windows = cutWindows(series, { contextLength, horizon, maxWindows });
  if (windows.count === 0) {
    const available = series.reduce(
      (longest, { values }) => Math.max(longest, values.filter(Number.isFinite).length),
      0,
    );
    return { ok: false, reason: 'insufficient_history', needed: contextLength + horizon, available };
  }
  const backend = await loadBackend(only);
  const network = createNetwork(backend, { contextLength, horizon, levels });
  const order = Uint32Array.from({ length: windows.count }, (_, i) => i);
  const random = seededRandom(seed);
  const optimizer = backend.tf.train.adam(learningRate);
  try {
    const before = measure(network, windows, order, batchSize);
    for (let epoch = 1; epoch <= epochs; epoch++) {
      signal?.throwIfAborted();
      shuffle(order, random);
      const loss = sumBatches(network, windows, order, batchSize, (batchLoss) =>
        optimizer.minimize(batchLoss, true, [network.kernel, network.bias]),
      );
      onProgress?.({ epoch, epochs, loss });
      await yieldToEvents();
    }
    const loss = { before, after: measure(network, windows, order, batchSize) };
    const weights: NlinearWeights = {
      kind: 'nlinear',
      contextLength,
      horizon,
      levels: [...levels],
      kernel: encodeFloats(network.kernel.dataSync() as Float32Array),
      bias: encodeFloats(network.bias.dataSync() as Float32Array),
      trainedOn: { series: series.length, windows: windows.count, epochs, seed, loss },
    };
    return { ok: true, weights, backend: backend.name };
  } finally {
    optimizer.dispose();
    network.dispose();
  }
}

interface Network {
  tf: Tf;
  contextLength: number;
  horizon: number;
  kernel: Variable;
  bias: Variable;
  /** The mean pinball loss of a batch. */
  loss(contexts: Tensor2D, targets: Tensor2D): Scalar;
  dispose(): void;
}

function createNetwork(
  { tf }: Backend,
  shape: { contextLength: number; horizon: number; levels: readonly number[] },
): Network {
  const { contextLength, horizon, levels } = shape;
  const outputs = horizon * levels.length;
  const kernel = tf.variable(tf.zeros([contextLength, outputs]));
  const bias = tf.variable(tf.zeros([outputs]));
  const above = tf.tensor1d(levels.flatMap((level) => new Array<number>(horizon).fill(level)));
  const below = tf.sub(above, 1);
  return {
    tf,
    contextLength,
    horizon,
    kernel,
    bias,
    loss(contexts, targets) {
      const output = tf.add(tf.matMul(contexts, kernel as unknown as Tensor2D), bias);
      const error = tf.sub(tf.tile(targets, [1, levels.length]), output);
      return tf.mean(tf.maximum(tf.mul(above, error), tf.mul(below, error)));
    },
    dispose: () => tf.dispose([kernel, bias, above, below]),
  };
}

/** Runs `step` on the loss of each batch and returns the mean of what it answers, weighted by the size of the batch. */
function sumBatches(
  { tf, contextLength, horizon, loss }: Network,
  { contexts, targets }: Windows,
  order: Uint32Array,
  batchSize: number,
  step: (batchLoss: () => Scalar) => Scalar | null,
): number {
  let sum = 0;
  for (let start = 0; start < order.length; start += batchSize) {
    const rows = order.subarray(start, start + batchSize);
    sum += tf.tidy(() => {
      const x = tf.tensor2d(pickRows(contexts, rows, contextLength), [rows.length, contextLength]);
      const y = tf.tensor2d(pickRows(targets, rows, horizon), [rows.length, horizon]);
      return (step(() => loss(x, y))?.dataSync()[0] ?? 0) * rows.length;
    });
  }
  return sum / order.length;
}

function measure(network: Network, windows: Windows, order: Uint32Array, batchSize: number): number {
  return sumBatches(network, windows, order, batchSize, (batchLoss) => batchLoss());
}

function pickRows(matrix: Float32Array, rows: Uint32Array, width: number): Float32Array {
  const picked = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) picked.set(matrix.subarray(row * width, (row + 1) * width), i * width);
  return picked;
}

/** Fisher and Yates, in place. */
function shuffle(order: Uint32Array, random: () => number): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
}
