import { describe, expect, test } from 'vitest';
import { trainAutoencoder } from '../../../models/networks/autoencoder.ts';
import { autoencoderShapes, createReconstruction } from '../../../models/networks/autoencoder-weights.ts';
import { loadBackend } from '../../../models/networks/backend.ts';
import { decodeFloats } from '../../../models/networks/floats.ts';
import type { TrainingProgress } from '../../../models/networks/train-by-adam.ts';
import { seededRandom } from '../../../models/statistics/seeded-random.ts';

/** Three dimensions, now and once before: the second is twice the first, the third is on its own. */
function vectorsOf(count: number) {
  const random = seededRandom(3);
  const values: number[] = [];
  for (let i = 0; i < count; i++)
    for (let lag = 0; lag < 2; lag++) {
      const load = 2 * random() - 1;
      values.push(load, 2 * load, 2 * random() - 1);
    }
  return { width: 6, dimensions: 3, values: Float32Array.from(values) };
}

const vectors = vectorsOf(500);
const options = { hiddenUnits: 16, codeUnits: 4, steps: 300, batchSize: 64 };
const { weights, backend } = await trainAutoencoder(vectors, { ...options, backend: 'wasm' });

describe('training an autoencoder', () => {
  test('lowers the loss, and says on what it was trained', () => {
    expect(backend).toBe('wasm');
    expect(weights.trainedOn).toMatchObject({ vectors: 500, steps: 300, batchSize: 64, seed: 1 });
    expect(weights.trainedOn.loss.last).toBeLessThan(0.8 * weights.trainedOn.loss.first);
  });

  test('gives identical weights for the same seed, and others for another', async () => {
    const few = { ...options, steps: 10 };
    const { weights: one } = await trainAutoencoder(vectors, few);
    expect((await trainAutoencoder(vectors, few)).weights).toEqual(one);
    expect((await trainAutoencoder(vectors, { ...few, seed: 2 })).weights.parameters[0]).not.toBe(one.parameters[0]);
  });

  test('learns how dimensions hang together: one that is hidden is said from the other', () => {
    const reconstruct = createReconstruction(weights);
    const [high, low] = [
      reconstruct(Float32Array.of(0.8, 0, 0, 0, 0, 0)),
      reconstruct(Float32Array.of(-0.8, 0, 0, 0, 0, 0)),
    ];
    expect(high[1]! - low[1]!).toBeGreaterThan(1);
    expect(Math.abs(high[2]! - low[2]!)).toBeLessThan(0.6);
  });

  test('reports its progress, and stops with the reason of the signal', async () => {
    const reports: TrainingProgress[] = [];
    const controller = new AbortController();
    const training = trainAutoencoder(vectors, options, {
      signal: controller.signal,
      onProgress: (report) => {
        reports.push(report);
        controller.abort(new Error('enough'));
      },
    });
    await expect(training).rejects.toThrow('enough');
    expect(reports).toMatchObject([{ step: 50, steps: 300 }]);
  });

  test('without a vector says 0 of everything', async () => {
    const { weights: empty } = await trainAutoencoder({ ...vectors, values: new Float32Array(0) });
    expect(empty.trainedOn.steps).toBe(0);
    expect([...createReconstruction(empty)(Float32Array.of(1, 2, 3, 4, 5, 6))]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('the plain forward pass', () => {
  test('says what TensorFlow.js says with the same weights', async () => {
    const { tf } = await loadBackend('cpu');
    const vector = Float32Array.of(0.5, -1, 3, 0, 2, -0.25);
    const matrices = autoencoderShapes(weights).map(([rows, columns], p) =>
      tf.tensor2d(decodeFloats(weights.parameters[p]!, rows * columns), [rows, columns]),
    );
    let signal = tf.tensor2d(vector, [1, 6]);
    for (let p = 0; p < matrices.length; p += 2) {
      const sums = tf.add(tf.matMul(signal, matrices[p]!), matrices[p + 1]!);
      signal = (p + 2 === matrices.length ? sums : tf.relu(sums)) as typeof signal;
    }
    const plain = createReconstruction(weights)(vector);
    for (const [j, value] of signal.dataSync().entries()) expect(plain[j]).toBeCloseTo(value, 4);
  });

  test('refuses weights that do not have the shape that they claim', () => {
    expect(() => createReconstruction({ ...weights, hiddenUnits: 17 })).toThrow(RangeError);
  });
});
