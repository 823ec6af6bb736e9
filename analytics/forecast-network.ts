import { createSeasonalMlp } from '../models/forecasters/seasonal-mlp.ts';
import type { SeasonalMlpWeights } from '../models/networks/seasonal-mlp-weights.ts';
import { createWeightsInUse, type WeightsInUseDeps } from './weights-in-use.ts';

/** The network that forecasters may use, trained tenant by tenant. */
export interface ForecastNetwork {
  /** The weights in use of a tenant; undefined when none were trained, or when those that were cannot be used. */
  weightsOf(tenant: string): Promise<SeasonalMlpWeights | undefined>;
}

export const networkKind = 'seasonal-mlp';

/** Forecasts do without a network that is damaged, for it is one member of many. */
export function createForecastNetwork(deps: WeightsInUseDeps): ForecastNetwork {
  const weightsInUse = createWeightsInUse(deps, {
    component: 'forecast network',
    without: 'forecasts do without',
    parse(stored) {
      const weights = stored as SeasonalMlpWeights;
      createSeasonalMlp(weights);
      return weights;
    },
  });
  return { weightsOf: (tenant) => weightsInUse(tenant, networkKind) };
}
