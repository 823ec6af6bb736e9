import type { BackendName } from '../networks/backend.ts';
import type { Frame } from './frame.ts';

/** How strange rows are, and which dimensions make them so. */
export interface Strangeness {
  /** One number a row, from 0; larger is stranger. Comparable within one fitted detector only. */
  distance: Float64Array;
  /** A number a row and dimension, row-major: its share of the distance. A row sums to 1, or to 0 when nothing is odd. */
  contributions: Float32Array;
}

export interface FitOptions {
  /** Of a detector that is a network: the one backend to train with; the fastest by default. */
  backend?: BackendName;
}

export interface Fitted<Weights> {
  weights: Weights;
  /** With what a network was trained. */
  backend?: BackendName;
}

/**
 * A detector of vectors. `fit` learns from a reference that stays frozen, so that nothing which happens later can
 * teach it that an incident is normal; `measure` looks at a row and the `contextMs` before it, never ahead.
 * `Weights` is plain data that survives a JSON round trip. Deterministic; no clock.
 *
 * It measures; `calibrated.ts` makes scores of it, where above 1 is anomalous as everywhere.
 */
export interface MultivariateDetector<Weights> {
  readonly id: string;
  readonly contextMs: number;
  fit(reference: Frame, options?: FitOptions): Promise<Fitted<Weights>>;
  /** Measures the rows from `fromRow` on; those before it are context. The width is that of the reference. */
  measure(weights: Weights, frame: Frame, fromRow: number): Strangeness;
}
