import { setImmediate as yieldToEvents } from 'node:timers/promises';
import type { Scalar, Variable } from '@tensorflow/tfjs-core';
import { meanOfAll } from '../statistics/mean-of-all.ts';
import type { Tf } from './backend.ts';

export interface TrainingProgress {
  step: number;
  steps: number;
  /** The mean loss of the last steps. */
  loss: number;
}

export interface TrainingOptions {
  signal?: AbortSignal;
  onProgress?: (progress: TrainingProgress) => void;
}

/** The mean loss over the first and over the last tenth of the steps. */
export interface TrainingLoss {
  first: number;
  last: number;
}

/** So many steps of training happen between two looks at the signal. */
const stepsPerTurn = 50;
/** From these shares of the steps on, the learning rate is the initial one times so much. */
const decay = [
  { from: 0.6, factor: 0.3 },
  { from: 0.85, factor: 0.1 },
];

/**
 * Moves `variables` so that `loss`, which draws a new batch each time, becomes smaller: Adam (Kingma and Ba, 2015) with
 * a learning rate that falls in two steps. It reports `onProgress` now and then, lets other work run, and rejects with
 * the reason of `signal` when that is aborted.
 */
export async function trainByAdam(
  tf: Tf,
  variables: Variable[],
  loss: () => Scalar,
  { steps, learningRate }: { steps: number; learningRate: number },
  { signal, onProgress }: TrainingOptions = {},
): Promise<TrainingLoss> {
  const optimizer = tf.train.adam(learningRate);
  const losses = new Float64Array(steps);
  try {
    for (let step = 0; step < steps; step++) {
      // TensorFlow.js has the setting, but not in its types.
      (optimizer as unknown as { learningRate: number }).learningRate =
        learningRate * (decay.findLast(({ from }) => step >= from * steps)?.factor ?? 1);
      losses[step] = tf.tidy(() => optimizer.minimize(loss, true, variables)!.dataSync()[0]!);
      const done = step + 1;
      if (done % stepsPerTurn !== 0 && done !== steps) continue;
      signal?.throwIfAborted();
      onProgress?.({ step: done, steps, loss: meanOfAll(losses.subarray(Math.max(0, done - stepsPerTurn), done)) });
      await yieldToEvents();
    }
  } finally {
    optimizer.dispose();
  }
  const tenth = Math.max(1, Math.floor(steps / 10));
  return { first: meanOfAll(losses.subarray(0, tenth)), last: meanOfAll(losses.subarray(-tenth)) };
}
