import { createHash } from 'node:crypto';
import type { VectorScores } from '../models/multivariate/calibrated.ts';
import { type Frame, isObserved, rowCount, sliceRows } from '../models/multivariate/frame.ts';
import type { MultivariateId } from '../models/multivariate/registry.ts';
import type { BackendName } from '../models/networks/backend.ts';
import type { ModelPool } from '../models/pool.ts';
import { pointsOfSelected } from '../store/queries/packed-points.ts';
import { mediansOfSeries } from '../store/queries/points.ts';
import { promoteModel } from '../store/records/model-promotions.ts';
import { findModelByData, storeModel } from '../store/records/models.ts';
import { listTenants, type Tenant } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { frameOf, minuteMs, onGrid } from './agent-points.ts';
import { type AgentReference, type AgentReferences, referenceKind } from './agent-reference.ts';
import { type AgentSeries, readAgentSeries, vectorScoreMetric } from './agent-series.ts';
import type { Job, JobWindow } from './job.ts';
import { type Interval, leaveOut, readLeftOut } from './left-out.ts';

export interface TrainAgentsJobOptions {
  telemetry: TelemetryStore;
  state: StateStore;
  models: ModelPool;
  references: AgentReferences;
  excludeMetrics: readonly string[];
  /** What is fitted to the references. */
  detector: MultivariateId;
  /** The one backend to train a network with; undefined takes the fastest there is. */
  backend: BackendName | undefined;
  now: () => Date;
}

const dayMs = 86_400_000;
/** The reference is a week of so many agents of a type; the day after it, of as many others too, judges versions. */
const referenceDays = 7;
const maxAgents = 8;
const maxDimensions = 32;
/** An agent with less than a day of minutes says too little of what is ordinary. */
const leastMinutes = 1440;
/** A series with fewer values has no median to speak of. */
const leastValues = 24;
/** A version that would have alarmed for more of the held-out day is not taken into use: nobody would believe it. */
const mostAlarmRatio = 0.005;

/**
 * Trains, for each type of agent, what its agents show when all is well: a reference of up to eight agents over a week
 * that stays as it is until a better one is promoted, so that no incident teaches it. Maintenance windows and incidents
 * are left out. The last day is held out: a new version is taken into use when it would hardly have alarmed on it, and
 * no more often than the version in use.
 */
export function createTrainAgentsJob(options: TrainAgentsJobOptions): Job {
  const excludeMetrics = [...options.excludeMetrics, vectorScoreMetric];
  return {
    id: 'train-agents',
    description: 'Trains what agents of each type show, all metrics together',
    schedule: '0 50 2 * * *',
    intervalSeconds: 86_400,
    stepSeconds: 3600,
    maxWindowSeconds: 400 * 86_400,
    initialLookbackSeconds: 3600,
    async run(window) {
      const counts = { types: 0, trained: 0, promoted: 0 };
      for (const tenant of await listTenants(options.state)) {
        const range = { from: window.to - (referenceDays + 1) * dayMs, to: window.to };
        const leftOut = await readLeftOut(options, tenant, range);
        const series = await readAgentSeries(options.telemetry, tenant, excludeMetrics);
        for (const [type, ofType] of Map.groupBy(series, (each) => each.type)) {
          window.signal.throwIfAborted();
          counts.types++;
          const material = await readMaterial(options, tenant, ofType, range, leftOut);
          if (material === undefined) continue;
          const outcome = await trainType(options, tenant, type, material, window);
          if (outcome !== 'known') counts.trained++;
          if (outcome === 'promoted') counts.promoted++;
        }
      }
      return counts;
    },
  };
}

interface Material {
  dimensions: string[];
  /** The median of each series of the type. */
  centres: Record<string, number>;
  /** Days of several agents one after the other. */
  reference: Frame;
  heldOut: Frame;
  /** Of the range, `[from, to)`. */
  training: Interval;
  agents: number;
}

/** What a type is trained on and compared by; undefined when none of its agents was seen for a day. */
async function readMaterial(
  { telemetry }: TrainAgentsJobOptions,
  tenant: Tenant,
  ofType: readonly AgentSeries[],
  range: Interval,
  leftOut: ReadonlyMap<string, Interval[]>,
): Promise<Material | undefined> {
  const chosen = [...Map.groupBy(ofType, ({ agent }) => agent)]
    .sort(([a, own], [b, others]) => others.length - own.length || (a < b ? -1 : 1))
    .slice(0, 2 * maxAgents);
  const ids = chosen.flatMap(([, own]) => own.map(({ id }) => id));
  const rows = await telemetry.queryPacked(pointsOfSelected.minute, { tenant: tenant.id, ...range, ids });
  const minutes = (range.to - range.from) / minuteMs;
  const bySeries = new Map(
    rows.map(({ id, points }) => {
      const grid = { startMs: range.from, stepMs: minuteMs, values: onGrid(points, range.from, minutes) };
      return [id, leaveOut(grid, leftOut.get(id)).values] as const;
    }),
  );
  const present = chosen.map(([, own]) => own.filter(({ id }) => bySeries.has(id)));
  const dimensions = commonDimensions(present);
  const cut = referenceDays * (dayMs / minuteMs);
  const training = { from: range.from, to: range.from + cut * minuteMs };
  const medians = await telemetry.query(mediansOfSeries, {
    ...{ tenant: tenant.id, ...training, leastMinutes: leastValues },
    ids: ofType.filter(({ dimension }) => dimensions.includes(dimension)).map(({ id }) => id),
  });
  const centres = Object.fromEntries(medians.map(({ id, median }) => [id, median]));
  const frames = present
    .map((own) => frameOf({ startMs: range.from, minutes, bySeries }, own, dimensions, centres))
    .filter((frame) => dimensions.length > 0 && countObserved(frame) >= leastMinutes);
  if (frames.length === 0) return undefined;
  return {
    dimensions,
    centres,
    training,
    reference: joinDays(frames.slice(0, maxAgents).map((frame) => sliceRows(frame, 0, cut))),
    heldOut: joinDays(frames.map((frame) => sliceRows(frame, cut))),
    agents: Math.min(maxAgents, frames.length),
  };
}

/** The dimensions that at least half of the agents have; the most common first. */
function commonDimensions(agents: readonly (readonly AgentSeries[])[]): string[] {
  const counts = new Map<string, number>();
  for (const own of agents)
    for (const dimension of new Set(own.map((each) => each.dimension)))
      counts.set(dimension, (counts.get(dimension) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => 2 * count >= agents.length)
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, maxDimensions)
    .map(([dimension]) => dimension);
}

function countObserved(frame: Frame): number {
  let count = 0;
  for (let row = 0; row < rowCount(frame); row++) if (isObserved(frame, row)) count++;
  return count;
}

/** Frames of whole days one after the other: the time of day of each row stays what it was. */
function joinDays(frames: readonly Frame[]): Frame {
  const { startMs, stepMs, width } = frames[0]!;
  const values = new Float32Array(frames.reduce((sum, frame) => sum + frame.values.length, 0));
  let at = 0;
  for (const frame of frames) {
    values.set(frame.values, at);
    at += frame.values.length;
  }
  return { startMs, stepMs, width, values };
}

async function trainType(
  { state, models, references, detector, backend: only, now }: TrainAgentsJobOptions,
  tenant: Tenant,
  type: string,
  { dimensions, centres, reference, heldOut, training, agents }: Material,
  { log, signal }: JobWindow,
): Promise<'known' | 'stored' | 'promoted'> {
  const kind = referenceKind(type);
  const dataHash = createHash('sha256')
    .update([detector, ...dimensions].join('\n'))
    .update(reference.values)
    .digest('hex');
  if ((await findModelByData(state, tenant.id, kind, dataHash)) !== undefined) return 'known';
  const weights = await models.fitVectors(
    { detector, reference, options: only === undefined ? {} : { backend: only } },
    { signal },
  );
  const days = countObserved(reference) / leastMinutes;
  const maturity = Math.min(1, days / referenceDays);
  const candidate: AgentReference = { type, detector, dimensions, maturity, centres, weights };
  const before = await references(tenant.id, type);
  const isComparable = before !== undefined && before.dimensions.join() === dimensions.join();
  const alarmRatio = async (of: AgentReference) => {
    const task = {
      detector: of.detector,
      weights: of.weights,
      frames: [{ frame: heldOut, fromRow: 0, before: null }],
    };
    const [{ score }] = (await models.scoreVectors(task, { signal })) as [VectorScores];
    return score.filter((value) => value > 1).length / Math.max(1, score.length);
  };
  const metrics = {
    alarmRatio: await alarmRatio(candidate),
    inUseAlarmRatio: isComparable ? await alarmRatio(before) : null,
  };
  const model = await storeModel(
    state,
    {
      tenant: tenant.id,
      kind,
      weights: Buffer.from(JSON.stringify(candidate)),
      training,
      dataHash,
      backend: weights.backend ?? '',
      metrics,
      metadata: { detector, dimensions, agents },
    },
    now(),
  );
  const { alarmRatio: ratio, inUseAlarmRatio: inUseRatio } = metrics;
  const isBetter = ratio <= mostAlarmRatio && (inUseRatio === null || ratio <= inUseRatio);
  log.info({ tenant: tenant.id, kind, version: model.version, ...metrics, isBetter }, 'trained a reference of agents');
  if (!isBetter) return 'stored';
  const reason =
    inUseRatio === null
      ? 'the first of these dimensions'
      : `${ratio} of the held-out minutes above 1 against ${inUseRatio}`;
  await promoteModel(state, { tenant: tenant.id, id: model.id, actor: 'job train-agents', reason }, now());
  return 'promoted';
}
