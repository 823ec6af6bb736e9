import { createHash } from 'node:crypto';
import type { BackendName } from '../models/networks/backend.ts';
import type { SeasonalMlpWeights } from '../models/networks/seasonal-mlp-weights.ts';
import type { ModelPool } from '../models/pool.ts';
import { promoteModel } from '../store/records/model-promotions.ts';
import { findModelByData, modelInUse, type StoredModel, storeModel } from '../store/records/models.ts';
import { listTenants, type Tenant } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { Health } from '../telemetry/health.ts';
import { createBreather } from '../telemetry/turn.ts';
import { type History, historyMs, horizonSteps, readHourlyHistories } from './forecast.ts';
import { compareWeights, heldOutSteps } from './held-out.ts';
import type { Job, JobWindow } from './job.ts';
import { leaveOut, readLeftOut } from './left-out.ts';

export interface TrainJobOptions {
  telemetry: TelemetryStore;
  state: StateStore;
  models: ModelPool;
  excludeMetrics: readonly string[];
  /** The one backend to train with; undefined takes the fastest there is. */
  backend: BackendName | undefined;
  health: Health;
  now: () => Date;
}

const kind = 'seasonal-mlp';

/**
 * Trains one network across all series of a tenant on the four weeks before the end of the window, but for their last
 * four days: on these the new version and the one in use are compared, and only a new version that errs less is taken
 * into use. Maintenance windows and incidents are left out. Data that a version was trained on already are not trained
 * on again.
 */
export function createTrainJob(options: TrainJobOptions): Job {
  return {
    id: 'train',
    description: 'Trains the global network on the last four weeks of all series',
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
        const version = await trainTenant(options, tenant, histories, window);
        if (version === undefined) continue;
        counts.trained++;
        if (await promoteIfBetter(options, tenant, version, window)) counts.promoted++;
      }
      return counts;
    },
  };
}

/** The histories of all series, without what says nothing of how things normally are. */
async function readOrdinary(options: TrainJobOptions, tenant: Tenant, to: number): Promise<History[]> {
  const leftOut = await readLeftOut(options, tenant, { from: to - historyMs, to });
  const histories = await readHourlyHistories(options.telemetry, tenant, to, options.excludeMetrics);
  return histories.map(({ series, ...rest }) => ({ ...rest, series: leaveOut(series, leftOut.get(rest.id)) }));
}

/** Trains and stores a version; nothing when there is too little history, or nothing new to learn from. */
async function trainTenant(
  { state, models, backend: only, health, now }: TrainJobOptions,
  tenant: Tenant,
  histories: readonly History[],
  { to, signal, log, progress }: JobWindow,
): Promise<StoredModel | undefined> {
  const dataHash = await hashOf(histories);
  if ((await findModelByData(state, tenant.id, kind, dataHash)) !== undefined) {
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

  const inUse = await modelInUse(state, tenant.id, kind);
  const metrics = await compareWeights(
    models,
    histories,
    { candidate: weights, inUse: inUse && (JSON.parse(inUse.weights.toString('utf8')) as SeasonalMlpWeights) },
    signal,
  );
  return storeModel(
    state,
    {
      tenant: tenant.id,
      kind,
      weights: Buffer.from(JSON.stringify(weights)),
      training: { from: to - historyMs, to: to - heldOutSteps * 3_600_000 },
      dataHash,
      backend,
      metrics,
      metadata: { ...weights.trainedOn },
    },
    now(),
  );
}

/** @returns whether the new version is in use now. */
async function promoteIfBetter(
  { state, now }: TrainJobOptions,
  tenant: Tenant,
  { id, version, parentId, metrics }: StoredModel,
  { log }: JobWindow,
): Promise<boolean> {
  const { mase, inUseMase } = metrics;
  const isFirst = parentId === null;
  const isBetter = isFirst || (typeof mase === 'number' && typeof inUseMase === 'number' && mase < inUseMase);
  log.info({ tenant: tenant.id, version, ...metrics }, isBetter ? 'new version promoted' : 'new version not promoted');
  if (!isBetter) return false;
  const reason = isFirst ? 'the first version' : `MASE ${mase} on the held-out days against ${inUseMase}`;
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
