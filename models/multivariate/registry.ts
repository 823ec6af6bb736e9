import { autoencoder } from './autoencoder.ts';
import type { MultivariateDetector } from './multivariate-detector.ts';
import { analogueDays, nearestNeighbour, neighbours } from './neighbours.ts';
import { pcaResidual } from './pca-residual.ts';

/** Every detector of vectors; a new one is a file, a name here and a line in `detectors`. */
export const multivariateIds = [
  'neighbours',
  'analogue-days',
  'nearest-neighbour',
  'pca-residual',
  'autoencoder',
] as const;
export type MultivariateId = (typeof multivariateIds)[number];

/** The one that scores agents: the best of those measured on server metrics. */
export const chosenMultivariate: MultivariateId = 'neighbours';

const detectors = {
  neighbours,
  'analogue-days': analogueDays,
  'nearest-neighbour': nearestNeighbour,
  'pca-residual': pcaResidual,
  autoencoder,
} satisfies Record<MultivariateId, unknown>;

/** A detector by its id, its weights hidden: they are plain data that only the detector itself reads. */
export function getMultivariate(id: MultivariateId): MultivariateDetector<unknown> {
  return detectors[id] as MultivariateDetector<unknown>;
}
