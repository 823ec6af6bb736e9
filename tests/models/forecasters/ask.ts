import { createPast } from '../../../models/forecasters/past.ts';
import type { PointForecaster } from '../../../models/forecasters/point-forecaster.ts';

/** What a point forecaster says after all of the values. */
export function ask(
  forecaster: PointForecaster,
  values: ArrayLike<number>,
  horizon: number,
  seasonLengths: readonly number[] = [],
): Float64Array | undefined {
  return forecaster.forecast([createPast(Float64Array.from(values), seasonLengths)], horizon)[0];
}
