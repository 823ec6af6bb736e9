import { createHash } from 'node:crypto';
import type { BackendName } from '../models/networks/backend.ts';
import type { ModelPool } from '../models/pool.ts';
import { promoteModel } from '../store/records/model-promotions.ts';
import { findModelByData, type StoredModel, storeModel } from '../store/records/models.ts';
import { listTenants, type Tenant } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { Health } from '../telemetry/health.ts';
import { createBreather } from '../telemetry/turn.ts';
import { type History, historyMs, horizonSteps, readHourlyHistories } from './forecast.ts';
import { type ForecastNetwork, networkKind } from './forecast-network.ts';
import { compareWeights, heldOutSteps } from './held-out.ts';
import type { Job, JobWindow } from './job.ts';
import { leaveOut, readLeftOut } from './left-out.ts';

export interface TrainJobOptions {
  telemetry: TelemetryStore;
  state: StateStore;
  models: ModelPool;
  network: ForecastNetwork;
  excludeMetrics: readonly string[];
  /** The one backend to train with; undefined takes the fastest there is. */
  backend: BackendName | undefined;
  health: Health;
  now: () => Date;
}

const heldOutMs = heldOutSteps * 3_600_000;

/**
 * Trains one network across all series of a tenant on four weeks. They end a week before the window does: on its last
 * days the new version and the one in use are compared, and only a new version that errs less is taken into use. A
 * version in use that is damaged is no rival. Maintenance windows and incidents are left out. Data that a version was trained on already are not trained
 * on again.
 */
export function createTrainJob(options: TrainJobOptions): Job {
  return {
    id: 'train',
    description: 'Trains the global network on four weeks of all series',
    schedule: '0 30 2 * * *',
    intervalSeconds: 86_400,
    stepSeconds: 3600,
    maxWindowSeconds: 400 * 86_400,
    initialLookbackSeconds: 3600,
    async run(window) {
      const counts = { series: 0, trained: 0, promoted: 0 };
      for (const tenant of await listTenants(options.state)) {
        const histories = await readOrdinary(options, tenant, window.to);
        counts.series += histories.length;
        const trained = await trainTenant(options, tenant, histories, window);
        if (trained === undefined) continue;
        counts.trained++;
        if (await promoteIfBetter(options, tenant, trained, window)) counts.promoted++;
      }
      return counts;
    },
  };
}

/** The histories of all series, without what says nothing of how things normally are. */
async function readOrdinary(options: TrainJobOptions, tenant: Tenant, to: number): Promise<History[]> {
  const range = { from: to - heldOutMs - historyMs, to };
  const leftOut = await readLeftOut(options, tenant, range);
  const histories = await readHourlyHistories(options.telemetry, tenant, range, options.excludeMetrics);
  return histories.map(({ series, ...rest }) => ({ ...rest, series: leaveOut(series, leftOut.get(rest.id)) }));
}

interface Trained {
  model: StoredModel;
  /** Whether there was a version in use that it could be compared with. */
  hasRival: boolean;
}

/** Trains and stores a version; nothing when there is too little history, or nothing new to learn from. */
async function trainTenant(
  { state, models, network, backend: only, health, now }: TrainJobOptions,
  tenant: Tenant,
  histories: readonly History[],
  { to, signal, log, progress }: JobWindow,
): Promise<Trained | undefined> {
  const dataHash = await hashOf(histories);
  if ((await findModelByData(state, tenant.id, networkKind, dataHash)) !== undefined) {
    log.info({ tenant: tenant.id }, 'a version was trained on the same data already');
    return undefined;
  }
  const result = await models.trainSeasonalMlp(
    {
      series: histories.map(({ series }) => ({ ...series, values: series.values.slice(0, -heldOutSteps) })),
      options: { horizon: horizonSteps, ...(only !== undefined && { backend: only }) },
    },
    { signal, onProgress: ({ step, steps }) => progress(step / steps) },
  );
  if (!result.ok) {
    const { needed, available } = result;
    log.info({ tenant: tenant.id, needed: needed + heldOutSteps, available }, 'too little history to train');
    return undefined;
  }
  const { weights, backend } = result;
  if (backend === 'cpu' && only === undefined)
    health.degrade('training', 'neither the native nor the wasm backend could be loaded; training on cpu is slow');
  else health.recover('training');

  const inUse = await network.weightsOf(tenant.id);
  const metrics = await compareWeights(models, histories, { candidate: weights, inUse }, signal);
  const model = await storeModel(
    state,
    {
      tenant: tenant.id,
      kind: networkKind,
      weights: Buffer.from(JSON.stringify(weights)),
      training: { from: to - heldOutMs - historyMs, to: to - heldOutMs },
      dataHash,
      backend,
      metrics,
      metadata: { ...weights.trainedOn },
    },
    now(),
  );
  return { model, hasRival: inUse !== undefined };
}

/** @returns whether the new version is in use now. */
async function promoteIfBetter(
  { state, now }: TrainJobOptions,
  tenant: Tenant,
  { model: { id, version, parentId, metrics }, hasRival }: Trained,
  { log }: JobWindow,
): Promise<boolean> {
  const { mase, inUseMase } = metrics;
  const isBetter = !hasRival || (typeof mase === 'number' && typeof inUseMase === 'number' && mase < inUseMase);
  log.info({ tenant: tenant.id, version, ...metrics }, isBetter ? 'new version promoted' : 'new version not promoted');
  if (!isBetter) return false;
  const without = parentId === null ? 'the first version' : 'the version in use is damaged';
  const reason = hasRival ? `MASE ${mase} on the held-out days against ${inUseMase}` : without;
  await promoteModel(state, { tenant: tenant.id, id, actor: 'job train', reason }, now());
  return true;
}

/** What tells data apart: which series, from when, and every value. */
async function hashOf(histories: readonly History[]): Promise<string> {
  const hash = createHash('sha256');
  const breather = createBreather();
  for (const { id, series } of histories) {
    hash.update(`${id} ${series.startMs} ${series.stepMs} ${series.values.length}\n`);
    hash.update(series.values);
    if (breather.isDue()) await breather.now();
  }
  return hash.digest('hex');
}
