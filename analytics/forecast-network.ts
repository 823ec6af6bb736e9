import { createSeasonalMlp } from '../models/forecasters/seasonal-mlp.ts';
import type { SeasonalMlpWeights } from '../models/networks/seasonal-mlp-weights.ts';
import { DamagedModelError, modelInUse } from '../store/records/models.ts';
import type { StateStore } from '../store/state.ts';
import type { Health } from '../telemetry/health.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface ForecastNetworkDeps {
  state: StateStore;
  health: Health;
  metrics: Pick<Metrics, 'modelLoadFailures'>;
  log: Logger;
}

/** The network that forecasters may use, trained tenant by tenant. */
export interface ForecastNetwork {
  /** The weights in use of a tenant; undefined when none were trained, or when those that were cannot be used. */
  weightsOf(tenant: string): Promise<SeasonalMlpWeights | undefined>;
}

export const networkKind = 'seasonal-mlp';
const component = 'forecast network';

/**
 * Reads the network as it is stored. Forecasts do without weights that are damaged, for the network is one member of
 * many: that is logged, counted and a degradation until usable weights are read.
 */
export function createForecastNetwork({ state, health, metrics, log }: ForecastNetworkDeps): ForecastNetwork {
  const damagedVersions = new Map<string, number>();

  function report(): void {
    if (damagedVersions.size === 0) {
      health.recover(component);
      return;
    }
    const versions = [...new Set(damagedVersions.values())].join(', ');
    health.degrade(
      component,
      `the stored weights of ${networkKind} version ${versions} are damaged; forecasts do without until the next training, or POST /v1/models/${networkKind}/rollback`,
    );
  }

  return {
    async weightsOf(tenant) {
      try {
        const weights = await readWeights(state, tenant);
        if (damagedVersions.delete(tenant)) report();
        return weights;
      } catch (error) {
        if (!(error instanceof DamagedModelError)) throw error;
        const { kind, version } = error;
        damagedVersions.set(tenant, version);
        report();
        metrics.modelLoadFailures.inc({ kind, version });
        log.error({ err: error, tenant, kind, version }, 'forecasting without the network');
        return undefined;
      }
    },
  };
}

/** @throws DamagedModelError when what is stored is not what was, or is no network. */
async function readWeights(state: StateStore, tenant: string): Promise<SeasonalMlpWeights | undefined> {
  const model = await modelInUse(state, tenant, networkKind);
  if (model === undefined) return undefined;
  try {
    const weights = JSON.parse(model.weights.toString('utf8')) as SeasonalMlpWeights;
    createSeasonalMlp(weights);
    return weights;
  } catch (cause) {
    throw new DamagedModelError(model, 'shape', { cause });
  }
}
