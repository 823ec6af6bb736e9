import { seriesWithAnomalies } from '../store/queries/detection.ts';
import { type Feedback, listFeedback } from '../store/records/feedback.ts';
import { listTenants, type Tenant } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import { anomaliesTable } from '../store/tables.ts';
import { loadAgentMemories, saveAgentMemories } from './agent-findings.ts';
import { anomalyRow } from './detection-rows.ts';
import { recallFindings, withdrawUnfound } from './earlier-findings.ts';
import { markBy } from './held-back.ts';
import type { Job, JobWindow } from './job.ts';
import {
  goesOnWith,
  judgeMoved,
  type MovedDeps,
  type MovedMemory,
  type MovedSeries,
  type MovedVerdict,
  movedDetector,
} from './moved-thresholds.ts';
import { movesThreshold, retell } from './retell.ts';

export const movedJobId = 'detect-by-feedback';

/** What was remembered longer ago is begun anew. */
const longestCatchUpMs = 86_400_000;

/** What was remembered of a series, and the length of its buckets. */
type Memories = Map<string, MovedMemory & { stepMs: number }>;

/**
 * Finds the anomalies that only a threshold which people have moved tells. Scores, states and anomalies of `detect` know nothing of
 * feedback; this judges the few series with a moved threshold once more, and withdraws what it found when the threshold returns.
 */
export function createDetectByFeedbackJob({ state, ...deps }: MovedDeps & { state: StateStore }): Job {
  const kept = new Map<string, { memories: Memories; asOf: number }>();
  return {
    id: movedJobId,
    description: 'Finds what only a threshold that people have moved tells',
    schedule: '25 * * * * *',
    intervalSeconds: 60,
    stepSeconds: 60,
    maxWindowSeconds: 86_400,
    initialLookbackSeconds: 86_400,
    async run(window) {
      const counts = { series: 0, retold: 0, failed: 0, anomalies: 0, withdrawn: 0 };
      for (const tenant of await listTenants(state)) {
        window.signal.throwIfAborted();
        const all = Map.groupBy(await listFeedback(state, tenant.id), ({ series }) => series);
        const moved = new Map([...all].filter(([, feedback]) => movesThreshold(feedback, window.to)));
        const before = kept.get(tenant.id);
        kept.delete(tenant.id);
        const memories =
          before?.asOf === window.from
            ? before.memories
            : ((await loadAgentMemories(deps.telemetry, tenant, movedDetector, window.from)) as Memories);
        const piece = { ...deps, tenant, all, moved, memories, window };
        const verdicts = [...(await goOn(piece, counts)), ...(await retellChanged(piece, counts))];
        counts.series += moved.size;
        for (const { id, stepMs, memory, error } of verdicts) {
          if (error === undefined) memories.set(id, { ...memory, stepMs });
          else fail(piece, id, error, counts);
        }
        for (const id of memories.keys()) if (!moved.has(id)) memories.delete(id);
        await saveAgentMemories(deps.telemetry, tenant, movedDetector, memories, window);
        kept.set(tenant.id, { memories, asOf: window.to });
      }
      return counts;
    },
  };
}

interface Piece extends MovedDeps {
  tenant: Tenant;
  all: ReadonlyMap<string, readonly Feedback[]>;
  moved: ReadonlyMap<string, readonly Feedback[]>;
  memories: Memories;
  window: JobWindow;
}

type Counts = Record<'series' | 'retold' | 'failed' | 'anomalies' | 'withdrawn', number>;

/** Whether a series goes on from what is remembered of it, at most a day before the window. */
function isRemembered({ memories, moved, window }: Piece, id: string): boolean {
  const memory = memories.get(id);
  if (memory === undefined || !goesOnWith(memory, moved.get(id)!)) return false;
  return memory.asOf <= window.from && memory.asOf >= window.from - longestCatchUpMs;
}

/** Judges the window of the series of which nothing new was said. */
async function goOn(piece: Piece, counts: Counts): Promise<MovedVerdict[]> {
  const { moved, memories } = piece;
  const series = [...moved]
    .filter(([id]) => isRemembered(piece, id))
    .map(([id, feedback]) => ({ id, feedback, before: memories.get(id)!, stepMs: memories.get(id)!.stepMs }));
  const groups = Map.groupBy(series, ({ stepMs, before }) => `${stepMs} ${before.asOf}`);
  const verdicts: MovedVerdict[] = [];
  for (const group of groups.values()) verdicts.push(...(await judgeGroup(piece, group, counts)));
  return verdicts;
}

async function judgeGroup(piece: Piece, group: readonly MovedSeries[], counts: Counts): Promise<MovedVerdict[]> {
  const { telemetry, tenant, moved, window } = piece;
  const { to, retainFromDay, signal } = window;
  const verdicts = await judgeMoved(piece, tenant.id, group, to, signal);
  const judged = new Map(verdicts.filter(({ error }) => error === undefined).map((each) => [each.id, each]));
  const range = { from: group[0]!.before.asOf, to };
  const earlier = await recallFindings(telemetry, tenant.id, movedDetector, range);
  const until = retainFromDay + tenant.rollupRetentionDays;
  const rows = [...judged.values()].flatMap(({ id, stepMs, found }) => {
    const mark = markBy(moved.get(id)!);
    return found.map((each) => earlier.settle(mark(anomalyRow(tenant, id, stepMs, each, to, until, movedDetector))));
  });
  await telemetry.insert(anomaliesTable, rows);
  counts.anomalies += rows.length;
  counts.withdrawn += await withdrawUnfound(telemetry, earlier, range, (id) => judged.get(id)?.stepMs);
  return verdicts;
}

/**
 * Judges the series anew of which something was said, or taken back, since they were judged: a request may have done so
 * meanwhile, while a run was under way that did not know.
 */
async function retellChanged(piece: Piece, counts: Counts): Promise<MovedVerdict[]> {
  const { telemetry, tenant, all, moved, window } = piece;
  const found = await telemetry.query(seriesWithAnomalies, { tenant: tenant.id, detector: movedDetector });
  const ids = new Set([
    ...[...moved.keys()].filter((id) => !isRemembered(piece, id)),
    ...found.map(({ id }) => id).filter((id) => !moved.has(id)),
  ]);
  const verdicts: MovedVerdict[] = [];
  for (const id of ids) {
    window.signal.throwIfAborted();
    const verdict = await retell(piece, tenant, { id, feedback: all.get(id) ?? [] }, window);
    counts.retold++;
    if (verdict !== undefined) verdicts.push(verdict);
  }
  return verdicts;
}

function fail({ tenant, memories, window }: Piece, id: string, error: string, counts: Counts): void {
  memories.delete(id);
  counts.failed++;
  window.log.warn({ tenant: tenant.id, series: id, reason: error }, 'series not judged by its moved threshold');
  window.partFailed(`series ${id}`, error);
}
