import { DamagedModelError, modelInUse } from '../store/records/models.ts';
import type { StateStore } from '../store/state.ts';
import type { Health } from '../telemetry/health.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface WeightsInUseDeps {
  state: StateStore;
  health: Health;
  metrics: Pick<Metrics, 'modelLoadFailures'>;
  log: Logger;
}

export interface WeightsUse<Weights> {
  /** What is degraded while weights cannot be used. */
  component: string;
  /** What happens then, e.g. `forecasts do without`. */
  without: string;
  /** Checks what was stored; throws when it cannot be used. */
  parse(stored: unknown): Weights;
}

/** The weights in use of a kind; undefined when none were trained, or when those that were cannot be used. */
export type WeightsInUse<Weights> = (tenant: string, kind: string) => Promise<Weights | undefined>;

/**
 * Reads weights as they are stored. What uses them can do without: that weights are damaged is logged, counted and a
 * degradation until usable ones are read.
 */
export function createWeightsInUse<Weights>(
  { state, health, metrics, log }: WeightsInUseDeps,
  { component, without, parse }: WeightsUse<Weights>,
): WeightsInUse<Weights> {
  const damaged = new Map<string, { kind: string; version: number }>();

  function report(): void {
    if (damaged.size === 0) {
      health.recover(component);
      return;
    }
    const versions = new Set([...damaged.values()].map(({ kind, version }) => `${kind} version ${version}`));
    health.degrade(
      component,
      `the stored weights of ${[...versions].join(', ')} are damaged; ${without} until the next training, or POST /v1/models/{kind}/rollback`,
    );
  }

  return async (tenant, kind) => {
    const key = `${tenant}\0${kind}`;
    try {
      const weights = await readWeights(state, tenant, kind, parse);
      if (damaged.delete(key)) report();
      return weights;
    } catch (error) {
      if (!(error instanceof DamagedModelError)) throw error;
      const { version } = error;
      damaged.set(key, { kind, version });
      report();
      metrics.modelLoadFailures.inc({ kind, version });
      log.error({ err: error, tenant, kind, version }, without);
      return undefined;
    }
  };
}

/** @throws DamagedModelError when what is stored is not what was, or cannot be used. */
async function readWeights<Weights>(
  state: StateStore,
  tenant: string,
  kind: string,
  parse: (stored: unknown) => Weights,
): Promise<Weights | undefined> {
  const model = await modelInUse(state, tenant, kind);
  if (model === undefined) return undefined;
  try {
    return parse(JSON.parse(model.weights.toString('utf8')));
  } catch (cause) {
    throw new DamagedModelError(model, 'shape', { cause });
  }
}
