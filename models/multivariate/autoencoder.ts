import { trainAutoencoder } from '../networks/autoencoder.ts';
import { type AutoencoderWeights, createReconstruction } from '../networks/autoencoder-weights.ts';
import { decodeFloats, encodeFloats } from '../networks/floats.ts';
import { fitDailyProfile, slotAt, slotsPerDay } from './daily-profile.ts';
import { dimension, type Frame, isObserved, rowCount } from './frame.ts';
import { huberCost } from './huber-cost.ts';
import type { MultivariateDetector, Strangeness } from './multivariate-detector.ts';
import { fitScaling } from './scaling.ts';
import { trailingVectors, type Vectors } from './trailing-vectors.ts';

export interface AutoencoderReference {
  /** Of a unit, one a dimension. */
  scale: number[];
  /** What each half hour of the day shows: a row of the width of the frame each; float32 in base64. */
  profile: string;
  network: AutoencoderWeights;
}

const minuteMs = 60_000;
const lagsMs = [0, 2, 5, 10, 20].map((minutes) => minutes * minuteMs);

/**
 * How badly a network that learned how the dimensions hang together says a row again, now and at four moments before.
 * It reads deviations from what the half hour of the day shows, so that it need not learn the rhythm.
 *
 * Measuring is plain arithmetic on the weights. Contributions are the parts of the dimensions that come out worst.
 */
export const autoencoder: MultivariateDetector<AutoencoderReference> & { id: 'autoencoder' } = {
  id: 'autoencoder',
  contextMs: Math.max(...lagsMs),
  async fit(reference, options) {
    const { centre, scale } = fitScaling(reference);
    const profile = Float32Array.from(profileOf(reference, centre));
    const vectors = observedOnly(reference, deviationVectors(reference, profile, scale, 0));
    const { weights: network, backend } = await trainAutoencoder({ ...vectors, dimensions: reference.width }, options);
    return { weights: { scale, profile: encodeFloats(profile), network }, backend };
  },
  measure({ scale, profile, network }, frame, fromRow) {
    const decoded = decodeFloats(profile, slotsPerDay * frame.width);
    const vectors = deviationVectors(frame, decoded, scale, fromRow);
    return measureErrors(vectors, createReconstruction(network), frame.width);
  },
};

/** Row-major: a row for each half hour. */
function profileOf(reference: Frame, centre: readonly number[]): number[] {
  const columns = centre.map((middle, j) => fitDailyProfile(dimension(reference, j), reference, middle));
  return Array.from({ length: slotsPerDay }, (_, slot) => columns.map((column) => column[slot]!)).flat();
}

function deviationVectors(frame: Frame, profile: Float32Array, scale: number[], fromRow: number): Vectors {
  const { width } = frame;
  const values = new Float32Array(frame.values.length);
  for (let row = 0; row < rowCount(frame); row++) {
    const slot = slotAt(frame, row) * width;
    for (let j = 0; j < width; j++) values[row * width + j] = frame.values[row * width + j]! - profile[slot + j]!;
  }
  const centre = new Array<number>(width).fill(0);
  return trailingVectors({ ...frame, values }, { centre, scale }, lagsMs, fromRow);
}

function observedOnly(frame: Frame, { width, values }: Vectors): Vectors {
  const kept = new Float32Array(values.length);
  let end = 0;
  for (let row = 0; row < rowCount(frame); row++) {
    if (!isObserved(frame, row)) continue;
    kept.set(values.subarray(row * width, (row + 1) * width), end);
    end += width;
  }
  return { width, values: kept.subarray(0, end) };
}

function measureErrors(
  { width: vectorWidth, values }: Vectors,
  reconstruct: (vector: Float32Array) => Float32Array,
  width: number,
): Strangeness {
  const count = values.length / vectorWidth;
  const distance = new Float64Array(count);
  const contributions = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    const vector = values.subarray(i * vectorWidth, (i + 1) * vectorWidth);
    const said = reconstruct(vector);
    const costs = new Float64Array(width);
    for (let j = 0; j < vectorWidth; j++) costs[j % width]! += huberCost(vector[j]! - said[j]!);
    const total = costs.reduce((sum, cost) => sum + cost, 0);
    distance[i] = Math.sqrt(total / vectorWidth);
    if (total > 0)
      contributions.set(
        costs.map((cost) => cost / total),
        i * width,
      );
  }
  return { distance, contributions };
}
