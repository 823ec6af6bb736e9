import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from '../../models/multivariate/frame.ts';

/** A labelled stretch with the dimensions that were at fault, counted from 0. */
export interface Interpretation {
  from: number;
  /** Inclusive. */
  to: number;
  dimensions: number[];
}

/** A machine: what it was fitted on, what it is tested on right after, and where that is anomalous. */
export interface Entity {
  id: string;
  train: Frame;
  test: Frame;
  labels: Uint8Array;
  interpretations: Interpretation[];
}

/** Every entity of a folder of float32 matrices, in the order of their names. */
export function readEntities(folder: string, stepMs: number): Entity[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('_test.f32'))
    .sort()
    .map((name) => readEntity(folder, name.slice(0, -'_test.f32'.length), stepMs));
}

function readEntity(folder: string, id: string, stepMs: number): Entity {
  const labels = new Uint8Array(readFileSync(join(folder, `${id}_test_label.u8`)));
  const test = readFloats(join(folder, `${id}_test.f32`));
  const width = test.length / labels.length;
  if (!Number.isInteger(width))
    throw new Error(`${id}: ${test.length} numbers are no rows for ${labels.length} labels`);
  const train = readFloats(join(folder, `${id}_train.f32`));
  return {
    id,
    train: { startMs: 0, stepMs, width, values: train },
    test: { startMs: (train.length / width) * stepMs, stepMs, width, values: test },
    labels,
    interpretations: readInterpretations(join(folder, `${id}_interpretation.txt`)),
  };
}

function readFloats(path: string): Float32Array {
  return new Float32Array(Uint8Array.from(readFileSync(path)).buffer);
}

/** Lines `from-to:dimension,dimension`, the dimensions counted from 1. */
function readInterpretations(path: string): Interpretation[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.includes(':'))
    .map((line) => {
      const [from, to, ...dimensions] = line.split(/[-:,]/).map(Number);
      return { from: from!, to: to!, dimensions: dimensions.map((dimension) => dimension - 1) };
    });
}
