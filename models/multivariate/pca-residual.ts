import { decodeFloats, encodeFloats } from '../networks/floats.ts';
import { symmetricEigen } from '../statistics/symmetric-eigen.ts';
import { type Frame, rowCount } from './frame.ts';
import type { MultivariateDetector, Strangeness } from './multivariate-detector.ts';
import { fitScaling, type Scaling } from './scaling.ts';
import { sumOverLags, trailingVectors, type Vectors } from './trailing-vectors.ts';

export interface PcaWeights extends Scaling {
  components: number;
  /** The mean vector, then a unit vector a component; float32 in base64. */
  vectors: string;
}

const minuteMs = 60_000;
const lagsMs = [0, 5 * minuteMs, 10 * minuteMs];
const explainedRatio = 0.98;
/** The covariance is estimated from so many rows at most, evenly apart. */
const maxRows = 4000;

/**
 * What is left of a row, now and at two lags, when the directions in which the reference varies are taken out: how
 * much it breaks the relations between its dimensions. Components are kept until they explain 98 % of the variance.
 *
 * Source: Jackson, Mudholkar, "Control procedures for residuals associated with principal component analysis" (1979).
 */
export const pcaResidual: MultivariateDetector<PcaWeights> & { id: 'pca-residual' } = {
  id: 'pca-residual',
  contextMs: Math.max(...lagsMs),
  async fit(reference) {
    const scaling = fitScaling(reference);
    const rows = trailingVectors(reference, scaling, lagsMs);
    const { mean, covariance } = describe(rows);
    const { values, vectors } = symmetricEigen(covariance, rows.width);
    const kept = vectors.slice(0, countComponents(values));
    const numbers = Float32Array.from([mean, ...kept].flatMap((vector) => [...vector]));
    return { weights: { ...scaling, components: kept.length, vectors: encodeFloats(numbers) } };
  },
  measure(weights, frame, fromRow) {
    const rows = trailingVectors(frame, weights, lagsMs, fromRow);
    const vectors = decodeFloats(weights.vectors, (weights.components + 1) * rows.width);
    return measureResiduals(rows, vectors, weights.components, frame, fromRow);
  },
};

function describe({ width, values }: Vectors): { mean: Float64Array; covariance: Float64Array } {
  const rows = values.length / width;
  const step = Math.max(1, Math.ceil(rows / maxRows));
  const mean = new Float64Array(width);
  const covariance = new Float64Array(width * width);
  let used = 0;
  for (let i = 0; i < rows; i += step, used++) for (let j = 0; j < width; j++) mean[j]! += values[i * width + j]!;
  for (let j = 0; j < width; j++) mean[j]! /= Math.max(1, used);
  for (let i = 0; i < rows; i += step) {
    for (let j = 0; j < width; j++) {
      const deviation = (values[i * width + j]! - mean[j]!) / used;
      for (let k = 0; k < width; k++) covariance[j * width + k]! += deviation * (values[i * width + k]! - mean[k]!);
    }
  }
  return { mean, covariance };
}

function countComponents(variances: Float64Array): number {
  const total = variances.reduce((sum, variance) => sum + Math.max(0, variance), 0);
  let explained = 0;
  let count = 0;
  while (count < variances.length && explained < explainedRatio * total) explained += variances[count++]!;
  return count;
}

function measureResiduals(
  { width: vectorWidth, values }: Vectors,
  vectors: Float32Array,
  components: number,
  frame: Frame,
  fromRow: number,
): Strangeness {
  const { width } = frame;
  const count = Math.max(0, rowCount(frame) - fromRow);
  const distance = new Float64Array(count);
  const contributions = new Float32Array(count * width);
  const residual = new Float64Array(vectorWidth);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < vectorWidth; j++) residual[j] = values[i * vectorWidth + j]! - vectors[j]!;
    for (let c = 1; c <= components; c++) removeDirection(residual, vectors, c * vectorWidth);
    const squares = residual.map((value) => value * value);
    const total = squares.reduce((sum, square) => sum + square, 0);
    distance[i] = Math.sqrt(total / vectorWidth);
    if (total > 0)
      contributions.set(
        sumOverLags(squares, width).map((part) => part / total),
        i * width,
      );
  }
  return { distance, contributions };
}

/** Components are orthogonal, so that they may be taken out one after the other. */
function removeDirection(residual: Float64Array, vectors: Float32Array, offset: number): void {
  let along = 0;
  for (let j = 0; j < residual.length; j++) along += residual[j]! * vectors[offset + j]!;
  for (let j = 0; j < residual.length; j++) residual[j]! -= along * vectors[offset + j]!;
}
