import type { Detector } from './detector.ts';
import { seasonalBand } from './seasonal-band.ts';

/** Every detector there is; a new one is a file, a name here and a line in `detectors`. */
export const detectorIds = ['seasonal-band'] as const;
export type DetectorId = (typeof detectorIds)[number];

const detectors = { 'seasonal-band': seasonalBand } satisfies Record<DetectorId, unknown>;

/** A detector by its id, its state hidden: it is plain data that only the detector itself reads. */
export function getDetector(id: DetectorId): Detector<unknown> {
  return detectors[id] as Detector<unknown>;
}
