import type { ModelPool } from '../models/pool.ts';
import type { Points } from '../models/series.ts';
import { initThreshold } from '../models/thresholds.ts';
import { withdrawOpenOf } from '../store/queries/detection.ts';
import { pointsOfAllSeries } from '../store/queries/packed-points.ts';
import { type Grain, grains } from '../store/queries/points.ts';
import { listTenants, type Tenant } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import type { RowOf } from '../store/table.ts';
import { type Aggregation, aggregations, anomaliesTable } from '../store/tables.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { createBreather } from '../telemetry/turn.ts';
import { anomalyRow, decide, detector, formerDetectors, type SeriesPoints } from './detection-rows.ts';
import { catchUpFrom, dayMs, endOfDay, loadMemories, type Memory, saveMemories } from './detector-memory.ts';
import { type EarlierFindings, recallFindings, withdrawUnfound } from './earlier-findings.ts';
import { type MarkAnomaly, recallMarks } from './held-back.ts';
import type { Job, JobWindow } from './job.ts';
import { collectLevelShifts, type LevelShifts } from './level-shifts.ts';
import { createScoreBlock, firstAfter } from './score-block.ts';

export interface DetectJobOptions {
  telemetry: TelemetryStore;
  state: StateStore;
  models: ModelPool;
  /** Metrics that are not scored. */
  excludeMetrics: readonly string[];
  /** How many alarms a week a series may give in the long run while nothing is wrong. */
  alarmsPerSeriesPerWeek: number;
}

/** Counts are scored by the hour: by the minute most are 0 or 1, and their noise says nothing. */
const grainOf = (aggregation: Aggregation): Grain => (aggregation === 'sum' ? 'hour' : 'minute');
/** At most so many points are read at once, were there one a minute; of more, the series are read in shards. */
const pointsPerShard = 500_000;
/** At most so many points, and so many series with their states, go to a thread at once: they are packed in one turn. */
const pointsPerTask = 50_000;
const seriesPerTask = 500;
/** Each insert is a part of the table, which ClickHouse has to merge. */
const rowsPerInsert = 50_000;
const saveEveryMs = 900_000;

/**
 * Scores every series of every tenant, by the minute or, of counts, by the hour, and turns runs of high scores into
 * anomalies. A bucket is scored in the window in which it ends. The state of each series is kept per day, so that a
 * window of the past begins from the state before it.
 */
export function createDetectJob(options: DetectJobOptions): Job {
  const { telemetry, state } = options;
  const kept = new Map<string, KeptMemories>();
  return {
    id: 'detect',
    description: 'Scores every series and finds anomalies',
    schedule: '20 * * * * *',
    intervalSeconds: 60,
    stepSeconds: 60,
    maxWindowSeconds: 86_400,
    initialLookbackSeconds: 86_400,
    async run(window) {
      const counts = { series: 0, points: 0, failed: 0, levelShifts: 0, withdrawn: 0 };
      const anomalies = new Set<string>();
      for (const tenant of await listTenants(state)) {
        const recalled = await recall(telemetry, tenant, kept.get(tenant.id), window);
        const { memories, start } = recalled;
        let { savedTo } = recalled;
        if (!kept.has(tenant.id))
          await telemetry.run(withdrawOpenOf, { tenant: tenant.id, detectors: [...formerDetectors] });
        kept.delete(tenant.id);
        const earlier = await recallFindings(telemetry, tenant.id, detector, window);
        const { mark, refresh } = await recallMarks(options, tenant.id);
        const levelShifts = collectLevelShifts(telemetry, tenant, detector, window);
        for (let from = start, to: number; from < window.to; from = to) {
          window.signal.throwIfAborted();
          to = Math.min(endOfDay(from), window.to);
          const shards = Math.max(1, Math.ceil((memories.size * (to - from)) / grains.minute.stepMs / pointsPerShard));
          for (let shard = 0; shard < shards; shard++) {
            const piece = {
              ...options,
              tenant,
              memories,
              earlier,
              mark,
              levelShifts,
              window,
              from,
              to,
              shard,
              shards,
            };
            const found = await detectPiece(piece);
            counts.points += found.points;
            counts.failed += found.failed;
            counts.levelShifts += found.levelShifts;
            for (const id of found.anomalies) anomalies.add(id);
            window.progress((from - start + ((to - from) * (shard + 1)) / shards) / (window.to - start));
          }
          if (to > window.from && isSaved(window, to)) {
            await saveMemories(telemetry, tenant, detector, memories, window, savedTo, to);
            savedTo = to;
          }
        }
        counts.series += memories.size;
        const stepOf = (id: string) => memories.get(id)?.stepMs;
        counts.withdrawn += await withdrawUnfound(telemetry, earlier, window, stepOf);
        await levelShifts.store((id) => memories.has(id));
        await closeSilent({ telemetry, tenant, memories, mark, window });
        await refresh(window.to);
        kept.set(tenant.id, { memories, asOf: window.to, savedTo });
      }
      return { ...counts, anomalies: anomalies.size };
    },
  };
}

/** The memories of a tenant as the last run of this process left them: most runs go on from there. */
interface KeptMemories {
  memories: Map<string, Memory>;
  asOf: number;
  /** What has not moved since then is kept by the store. */
  savedTo: number;
}

/** The memories as of `from`, from this process or from the store, and from where they have to be brought up to it. */
async function recall(
  telemetry: TelemetryStore,
  tenant: Tenant,
  kept: KeptMemories | undefined,
  { from, log }: JobWindow,
): Promise<{ memories: Map<string, Memory>; start: number; savedTo: number }> {
  if (kept?.asOf === from) return { ...kept, start: from };
  const { memories, outdated } = await loadMemories(telemetry, tenant, detector, from);
  if (outdated > 0)
    log.warn({ tenant: tenant.id, series: outdated }, 'states of another version: these series learn anew');
  const start = await catchUpFrom(telemetry, tenant, detector, memories, from);
  return { memories, start, savedTo: start };
}

/**
 * When memories are saved: at every midnight, where a window of the past begins; at the end of a long window; and
 * otherwise every quarter of an hour, for after a restart a run catches up from what was saved.
 */
function isSaved({ from, to: end }: JobWindow, to: number): boolean {
  return to % saveEveryMs === 0 ? to === end || to % dayMs === 0 : to === end && end - from >= saveEveryMs;
}

interface Piece extends DetectJobOptions {
  tenant: Tenant;
  memories: Map<string, Memory>;
  earlier: EarlierFindings;
  mark: MarkAnomaly;
  levelShifts: LevelShifts;
  window: JobWindow;
  from: number;
  to: number;
  /** Of the series, those whose number modulo `shards` is `shard`. */
  shard: number;
  shards: number;
}

async function detectPiece(piece: Piece): Promise<PieceResult> {
  const { telemetry, models, alarmsPerSeriesPerWeek, tenant, memories, earlier, mark, levelShifts, window, to } = piece;
  const series = [...(await readSeries(piece, 'minute')), ...(await readSeries(piece, 'hour'))];
  const until = window.retainFromDay + tenant.rollupRetentionDays;
  const total: PieceResult = { points: 0, failed: 0, levelShifts: 0, anomalies: [] };
  const scores = createScoreBlock(tenant.id, until);
  let found: RowOf<typeof anomaliesTable>[] = [];
  async function write(): Promise<void> {
    if (scores.rows() > 0) await telemetry.insertBlock(scores.take());
    await telemetry.insert(anomaliesTable, found);
    for (const { anomaly_id } of found) total.anomalies.push(anomaly_id);
    found = [];
  }
  const breather = createBreather();
  for (const batch of batches(series)) {
    if (breather.isDue()) await breather.now();
    const inputs = batch.map(({ id, stepMs, times, values }) => ({
      state: memories.get(id)?.detector ?? null,
      traits: { isCount: stepMs === grains.hour.stepMs },
      points: { times, values },
    }));
    const results = await models.detect(
      { detector, settings: { alarmsPerSeriesPerWeek }, series: inputs },
      { signal: window.signal },
    );
    for (let s = 0; s < batch.length; s++) {
      const one = batch[s]!;
      const { id, stepMs } = one;
      const result = results[s]!;
      if (result.error !== undefined) {
        // It begins anew with its next sample: a state that failed would fail again.
        memories.delete(id);
        total.failed++;
        window.log.warn({ tenant: tenant.id, series: id, reason: result.error }, 'series not scored');
        window.partFailed(`series ${id}`, result.error);
        continue;
      }
      const threshold = memories.get(id)?.threshold ?? initThreshold();
      const decided = decide(threshold, one, result, window.from);
      memories.set(id, { detector: result.state, threshold: decided.state, stepMs, asOf: to });
      for (const anomaly of decided.changed)
        found.push(earlier.settle(mark(anomalyRow(tenant, id, stepMs, anomaly, window.to, until))));
      total.points += scores.add(one, result.verdicts, window.from);
      total.levelShifts += levelShifts.note(one, result.verdicts);
      if (breather.isDue()) await breather.now();
    }
    if (scores.rows() >= rowsPerInsert) await write();
  }
  await write();
  return total;
}

interface PieceResult {
  points: number;
  /** Series that could not be scored. */
  failed: number;
  /** New levels that were accepted in the window. */
  levelShifts: number;
  anomalies: string[];
}

/** The series that are scored at a grain, with the buckets that end in the piece and that their states have not seen. */
async function readSeries(
  { telemetry, excludeMetrics, tenant, memories, from, to, shard, shards }: Piece,
  grain: Grain,
): Promise<SeriesPoints[]> {
  const { stepMs } = grains[grain];
  const range = { from: Math.floor(from / stepMs) * stepMs, to: Math.floor(to / stepMs) * stepMs };
  if (range.from === range.to) return [];
  const rows = await telemetry.queryPacked(pointsOfAllSeries[grain], {
    tenant: tenant.id,
    ...range,
    shard,
    shards,
    exclude: [...excludeMetrics],
    aggregations: aggregations.filter((aggregation) => grainOf(aggregation) === grain),
  });
  const series: SeriesPoints[] = [];
  const breather = createBreather();
  for (const { id, points } of rows) {
    const fresh = newPoints(points, (memories.get(id)?.asOf ?? Number.NEGATIVE_INFINITY) - stepMs);
    if (fresh.times.length > 0) series.push({ id, stepMs, ...fresh });
    if (breather.isDue()) await breather.now();
  }
  return series;
}

/** The points after a time. */
function newPoints({ times, values }: Points, after: number): Points {
  const first = firstAfter(times, after);
  return { times: times.subarray(first), values: values.subarray(first) };
}

function* batches(series: readonly SeriesPoints[]): Generator<SeriesPoints[]> {
  let batch: SeriesPoints[] = [];
  let points = 0;
  for (const one of series) {
    batch.push(one);
    points += one.times.length;
    if (points >= pointsPerTask || batch.length >= seriesPerTask) {
      yield batch;
      batch = [];
      points = 0;
    }
  }
  if (batch.length > 0) yield batch;
}

/** Closes anomalies of series from which nothing came in the window. */
async function closeSilent({
  telemetry,
  tenant,
  memories,
  mark,
  window: { from, to, retainFromDay },
}: Pick<Piece, 'telemetry' | 'tenant' | 'memories' | 'mark' | 'window'>): Promise<void> {
  const until = retainFromDay + tenant.rollupRetentionDays;
  const ended: RowOf<typeof anomaliesTable>[] = [];
  for (const [id, { asOf, stepMs, threshold }] of memories) {
    const { open } = threshold;
    if (asOf > from || open === null || open.endMs <= from - dayMs) continue;
    ended.push(mark(anomalyRow(tenant, id, stepMs, open, to, until)));
  }
  await telemetry.insert(anomaliesTable, ended);
}
