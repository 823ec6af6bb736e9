import { createRequire } from 'node:module';
import path from 'node:path';
import util from 'node:util';
import type * as Tensorflow from '@tensorflow/tfjs-core';
import { multiplyTransposedFirst } from './transposed-matmul.ts';

/** The functional API of TensorFlow.js: `tf.add(a, b)`. Chained methods (`a.add(b)`) are absent. */
export type Tf = typeof Tensorflow;

/** Fastest first: `native` is libtensorflow through `@tensorflow/tfjs-node`. */
export const backendNames = ['native', 'wasm', 'cpu'] as const;
export type BackendName = (typeof backendNames)[number];

export interface Backend {
  tf: Tf;
  name: BackendName;
}

/**
 * Loads TensorFlow.js with the fastest backend that works here: native, then WASM, then plain JavaScript.
 *
 * The backend is a setting of the thread: a later call with another name switches all that runs in it.
 *
 * @param only the one backend to try
 * @throws Error with the failures of all that were tried as its `cause`
 */
export async function loadBackend(only?: BackendName): Promise<Backend> {
  const failures: unknown[] = [];
  for (const name of only === undefined ? backendNames : [only]) {
    try {
      const tf = await activate(name);
      return { tf, name };
    } catch (error) {
      failures.push(error);
    }
  }
  const tried = only ?? backendNames.join(', ');
  throw new Error(`No TensorFlow.js backend could be loaded (tried ${tried})`, { cause: new AggregateError(failures) });
}

async function activate(name: BackendName): Promise<Tf> {
  const tf = await import('@tensorflow/tfjs-core');
  // Layers is imported for its side effect: it registers the gradients.
  await import('@tensorflow/tfjs-layers');
  // Without it, each backend advises on the console to install another one.
  tf.enableProdMode();
  await register[name](tf);
  // TensorFlow.js calls its native backend `tensorflow`.
  if (!(await tf.setBackend(name === 'native' ? 'tensorflow' : name)))
    throw new Error(`TensorFlow.js refused the backend ${name}`);
  return tf;
}

let wasmPathsAreSet = false;

const register: Record<BackendName, (tf: Tf) => Promise<void>> = {
  async native() {
    // tfjs-node 4.22 calls a function that Node 23 removed.
    const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean };
    legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
    // The name is kept from the compiler: the package is optional and its types may be absent.
    const optionalPackage: string = '@tensorflow/tfjs-node';
    await import(optionalPackage);
  },
  async wasm(tf) {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    // The paths can be set only once, before the first use.
    if (!wasmPathsAreSet) {
      const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
      setWasmPaths(`${path.dirname(entry)}${path.sep}`);
      wasmPathsAreSet = true;
    }
    multiplyTransposedFirst(tf);
  },
  async cpu() {
    await import('@tensorflow/tfjs-backend-cpu');
  },
};
