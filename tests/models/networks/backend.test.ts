import { afterEach, describe, expect, test } from 'vitest';
import { type BackendName, backendNames, loadBackend } from '../../../models/networks/backend.ts';
import { gaussian } from '../synthetic.ts';

describe('loadBackend', () => {
  test('gives the fastest backend that works here, and says which', async () => {
    const { tf, name } = await loadBackend();
    expect(backendNames).toContain(name);
    expect(tf.getBackend()).toBe(name);
  });

  test.each(['wasm', 'cpu'] as const)('gives %s when asked for it, again and again', async (name) => {
    for (let i = 0; i < 2; i++) expect((await loadBackend(name)).tf.getBackend()).toBe(name);
  });

  test('says what it tried when nothing can be loaded', async () => {
    await expect(loadBackend('webgpu' as BackendName)).rejects.toThrow('tried webgpu');
  });
});

describe('on wasm', () => {
  afterEach(() => loadBackend('cpu'));

  /** The gradients of a two-layer network on fixed numbers. */
  async function gradients(backend: BackendName): Promise<Float32Array[]> {
    const { tf } = await loadBackend(backend);
    const noise = gaussian(11);
    const draw = (rows: number, columns: number) =>
      tf.tensor2d(Float32Array.from({ length: rows * columns }, noise), [rows, columns]);
    const x = draw(33, 20);
    const y = draw(33, 5);
    const results = tf.grads((first, second) => {
      const hidden = tf.relu(tf.matMul(x, first as typeof x));
      return tf.mean(tf.square(tf.sub(tf.matMul(hidden, second as typeof x), y)));
    })([draw(20, 16), draw(16, 5)]);
    return results.map((tensor) => tensor.dataSync() as Float32Array);
  }

  test('gradients agree with the cpu backend within 1e-5', async () => {
    const [wasm, cpu] = [await gradients('wasm'), await gradients('cpu')];
    for (const [i, expected] of cpu.entries()) {
      const worst = expected.reduce((most, value, j) => Math.max(most, Math.abs(value - wasm[i]![j]!)), 0);
      expect(worst).toBeLessThan(1e-5);
    }
  });

  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])(
    'a product of batches with transposes %s, %s agrees with the cpu backend and leaves no memory behind',
    async (a, b) => {
      const product = async (backend: BackendName) => {
        const { tf } = await loadBackend(backend);
        const noise = gaussian(3);
        const draw = (shape: [number, number, number]) =>
          tf.tensor3d(Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, noise), shape);
        const left = draw(a ? [2, 4, 3] : [2, 3, 4]);
        const right = draw(b ? [2, 5, 4] : [2, 4, 5]);
        const before = tf.engine().backend.numDataIds();
        const result = tf.matMul(left, right, a, b);
        expect(tf.engine().backend.numDataIds()).toBe(before + 1);
        return result.dataSync();
      };
      const [wasm, cpu] = [await product('wasm'), await product('cpu')];
      for (const [i, value] of cpu.entries()) expect(wasm[i]).toBeCloseTo(value, 5);
    },
  );
});
