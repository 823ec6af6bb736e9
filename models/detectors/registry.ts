import { composite } from './composite.ts';
import type { Detector } from './detector.ts';

/** Every detector there is; a new one is a file, a name here and a line in `detectors`. */
export const detectorIds = ['composite'] as const;
export type DetectorId = (typeof detectorIds)[number];

const detectors: Record<DetectorId, Detector> = { composite };

/** A detector by its id. */
export function getDetector(id: DetectorId): Detector {
  return detectors[id];
}
