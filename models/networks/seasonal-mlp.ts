import type { Scalar, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import type { InsufficientHistory } from '../forecasters/forecaster.ts';
import type { RegularSeries } from '../series.ts';
import { seededRandom } from '../statistics/seeded-random.ts';
import { type Backend, type BackendName, loadBackend } from './backend.ts';
import { encodeFloats } from './floats.ts';
import { parameterShapes, type SeasonalMlpShape, type SeasonalMlpWeights } from './seasonal-mlp-weights.ts';
import { inputLength, windowLength } from './seasonal-windows.ts';
import { type TrainingOptions, trainByAdam } from './train-by-adam.ts';
import { createWindowSource, type WindowSource } from './window-source.ts';

export interface SeasonalMlpOptions extends Partial<SeasonalMlpShape> {
  /** How many batches it learns from; by default, every window some 25 times, within bounds. */
  steps?: number;
  batchSize?: number;
  learningRate?: number;
  seed?: number;
  /** The one backend to train with; the fastest by default. */
  backend?: BackendName;
}

export interface TrainedSeasonalMlp {
  ok: true;
  weights: SeasonalMlpWeights;
  backend: BackendName;
}

const timesEachWindow = 25;
const fewestSteps = 200;
const mostSteps = 6000;

/**
 * Trains one network across all series: seasonal naive of the shortest season, corrected by a multilayer perceptron of
 * two hidden layers and a linear path around them, which read the last week
 * and what came one and two weeks before each step ahead; one head a quantile, by Adam on the
 * pinball loss. What it reads and says is in scales of MASE, so that a window of any unit counts alike. It is a relative
 * of TiDE (Das et al., 2023) and of the residual stacks of N-BEATS (Oreshkin et al., 2020), of one block.
 *
 * Half of the windows are of the logarithm of positive series, so that the same weights serve values and logarithms. It
 * starts as seasonal naive. The same series, options and backend give the same weights, bit for bit. It reports
 * `onProgress` now and then, lets other work run, and rejects with the reason of `signal` when that is aborted. Series
 * that are too short to cut a window from are an answer, not an error.
 */
export async function trainSeasonalMlp(
  series: readonly RegularSeries[],
  {
    seasonLength = 24,
    contextLength = 168,
    horizon = 48,
    hiddenUnits = 192,
    levels = [0.1, 0.5, 0.9],
    batchSize = 256,
    learningRate = 0.001,
    seed = 1,
    backend: only,
    ...options
  }: SeasonalMlpOptions = {},
  training: TrainingOptions = {},
): Promise<TrainedSeasonalMlp | InsufficientHistory> {
  const shape: SeasonalMlpShape = { seasonLength, contextLength, horizon, hiddenUnits, levels };
  const random = seededRandom(seed);
  const source = createWindowSource(series, shape, random);
  if (source === undefined) {
    const available = Math.max(0, ...series.map(({ values }) => values.filter(Number.isFinite).length));
    return { ok: false, reason: 'insufficient_history', needed: windowLength(shape) + horizon, available };
  }
  const steps = options.steps ?? stepsFor(source.count, batchSize);
  const backend = await loadBackend(only);
  const network = createNetwork(backend, shape, random);
  try {
    const loss = await trainByAdam(
      backend.tf,
      network.variables,
      () => network.loss(source, batchSize),
      { steps, learningRate },
      training,
    );
    const weights: SeasonalMlpWeights = {
      kind: 'seasonal-mlp',
      ...shape,
      parameters: network.parameters().map(encodeFloats),
      trainedOn: { series: series.length, steps, batchSize, seed, loss },
    };
    return { ok: true, weights, backend: backend.name };
  } finally {
    network.dispose();
  }
}

/**
 * Of each of `parameterShapes`, the size of its first values over what Glorot and Bengio (2010) advise: the head and the
 * path around begin as zeros, and the first layer reads values of several scales.
 */
const initialReach = [0.2, 0, 1, 0, 0, 0, 0];

/** Few windows would be learnt by heart, and of very many a part tells as much as all. */
function stepsFor(windows: number, batchSize: number): number {
  return Math.max(fewestSteps, Math.min(mostSteps, Math.ceil((timesEachWindow * windows) / batchSize)));
}

interface Network {
  variables: Variable[];
  /** The mean pinball loss of a new batch. */
  loss(source: WindowSource, batchSize: number): Scalar;
  parameters(): Float32Array[];
  dispose(): void;
}

function createNetwork({ tf }: Backend, shape: SeasonalMlpShape, random: () => number): Network {
  const { horizon, levels } = shape;
  const width = inputLength(shape);
  const variables = parameterShapes(shape).map(([rows, columns], p) => {
    const reach = initialReach[p]! * Math.sqrt(6 / (rows + columns));
    const values = Float32Array.from({ length: rows * columns }, () => (reach === 0 ? 0 : (2 * random() - 1) * reach));
    return tf.variable(tf.tensor2d(values, [rows, columns])) as Variable;
  });
  const [kernel1, bias1, kernel2, bias2, kernel3, bias3, around] = variables as unknown as Tensor2D[];
  const above = tf.tensor1d(levels.flatMap((level) => new Array<number>(horizon).fill(level)));
  const below = tf.sub(above, 1);

  function pinball(inputs: Tensor2D, targets: Tensor2D): Scalar {
    const hidden1 = tf.relu(tf.add(tf.matMul(inputs, kernel1!), bias1!)) as Tensor2D;
    const hidden2 = tf.relu(tf.add(tf.matMul(hidden1, kernel2!), bias2!)) as Tensor2D;
    const bent = tf.add(tf.matMul(hidden2, kernel3!), bias3!);
    const output = tf.add(bent, tf.matMul(inputs, around!));
    const error = tf.sub(tf.tile(targets, [1, levels.length]), output);
    return tf.mean(tf.maximum(tf.mul(above, error), tf.mul(below, error)));
  }

  return {
    variables,
    loss(source, batchSize) {
      const { inputs, targets } = source.draw(batchSize);
      return pinball(tf.tensor2d(inputs, [batchSize, width]), tf.tensor2d(targets, [batchSize, horizon]));
    },
    parameters: () => variables.map((variable) => variable.dataSync() as Float32Array),
    dispose: () => tf.dispose([...variables, above, below]),
  };
}
