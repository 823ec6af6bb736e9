import type { NlinearWeights } from '../networks/nlinear-weights.ts';
import type { Forecaster } from './forecaster.ts';
import { mstlEts } from './mstl-ets.ts';
import { createNlinear } from './nlinear.ts';
import { keepNonNegative } from './non-negative.ts';
import { seasonalNaive } from './seasonal-naive.ts';

/** Every forecaster there is; a new one is a file, a name here and a line in `createForecasters`. */
export const forecasterIds = ['seasonal-naive', 'mstl-ets', 'nlinear'] as const;
export type ForecasterId = (typeof forecasterIds)[number];

/** What the trained forecasters need; one without its weights is absent from the registry. */
export interface TrainedWeights {
  nlinear?: NlinearWeights;
}

/** The forecasters that can be asked, by id, in the order of `forecasterIds`. */
export function createForecasters(trained: TrainedWeights = {}): Map<ForecasterId, Forecaster> {
  const forecasters: (Forecaster & { readonly id: ForecasterId })[] = [seasonalNaive, mstlEts];
  if (trained.nlinear !== undefined) forecasters.push(createNlinear(trained.nlinear));
  return new Map(forecasters.map((forecaster) => [forecaster.id, keepNonNegative(forecaster)]));
}
