import { createVerdictColumns, setVerdict } from '../models/detectors/verdict-columns.ts';
import { contextMsOf, type VectorScores } from '../models/multivariate/calibrated.ts';
import { type Frame, isObserved } from '../models/multivariate/frame.ts';
import type { Lingering } from '../models/multivariate/lingering.ts';
import { getMultivariate, multivariateIds } from '../models/multivariate/registry.ts';
import type { PeerState } from '../models/peers/peer-position.ts';
import type { ModelPool } from '../models/pool.ts';
import { listTenants, type Tenant } from '../store/records/tenants.ts';
import { seriesId } from '../store/series-id.ts';
import type { StateStore } from '../store/state.ts';
import { samplesTable, seriesTable } from '../store/tables.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import {
  type AgentMemories,
  type JudgedSeries,
  loadAgentMemories,
  pickJudged,
  saveAgentMemories,
  storeFindings,
} from './agent-findings.ts';
import { frameOf, type MinuteValues, minuteMs, readMinutes } from './agent-points.ts';
import type { AgentReference, AgentReferences } from './agent-reference.ts';
import { type AgentSeries, readAgentSeries, vectorScoreMetric } from './agent-series.ts';
import { cohortsOf } from './cohorts.ts';
import type { Job, JobWindow } from './job.ts';

export interface DetectAgentsJobOptions {
  telemetry: TelemetryStore;
  state: StateStore;
  models: ModelPool;
  references: AgentReferences;
  excludeMetrics: readonly string[];
}

export const agentsJobId = 'detect-agents';

/** The names by which the anomalies of this job are known. */
export const agentDetectors = { peers: 'peers', vectors: 'vectors' } as const;

const contextMs = Math.max(...multivariateIds.map((id) => contextMsOf(getMultivariate(id))));
/** A run that begins where no other ended looks back so far for what it should remember, at most. */
const longestCatchUpMs = 3_600_000;
/** Contributions below this are not worth a word. */
const leastContribution = 0.1;

/**
 * Judges agents by the minute, each in two ways: each of its metrics among its peers, which are the agents of its type, role and version
 * (from its first minutes on), and all of its metrics together by the reference that was trained of its type. The
 * second is a series of its own, `agent_vector_score`.
 */
export function createDetectAgentsJob(options: DetectAgentsJobOptions): Job {
  const { telemetry, state, models, references } = options;
  const excludeMetrics = [...options.excludeMetrics, vectorScoreMetric];
  const kept = new Map<string, { peers: AgentMemories; vectors: AgentMemories; asOf: number }>();
  return {
    id: agentsJobId,
    description: 'Judges agents by their peers, and all metrics of an agent together',
    schedule: '35 * * * * *',
    intervalSeconds: 60,
    stepSeconds: 60,
    maxWindowSeconds: 3600,
    initialLookbackSeconds: 3600,
    async run(window) {
      const counts = { agents: 0, cohorts: 0, anomalies: 0, withdrawn: 0 };
      for (const tenant of await listTenants(state)) {
        window.signal.throwIfAborted();
        const series = await readAgentSeries(telemetry, tenant, excludeMetrics);
        if (series.length === 0) continue;
        const before = kept.get(tenant.id);
        kept.delete(tenant.id);
        const load = (detector: string) => loadAgentMemories(telemetry, tenant, detector, window.from);
        const memories =
          before?.asOf === window.from
            ? before
            : { peers: await load(agentDetectors.peers), vectors: await load(agentDetectors.vectors) };
        const from = catchUpFrom([memories.peers, memories.vectors], window.from);
        const range = { from: from - contextMs, to: window.to, excludeMetrics };
        const minutes = await readMinutes(telemetry, tenant, series, range);
        const piece = { models, telemetry, references, tenant, series, minutes, window };
        const peers = await judgeCohorts(piece, memories.peers);
        const vectors = await judgeVectors(piece, memories.vectors);
        for (const [detector, judged] of [
          ['peers', peers.judged],
          ['vectors', vectors],
        ] as const) {
          const of = { tenant, detector: agentDetectors[detector], memories: memories[detector], window };
          const found = await storeFindings({ telemetry, state }, of, judged);
          counts.anomalies += found.anomalies;
          counts.withdrawn += found.withdrawn;
          await saveAgentMemories(telemetry, tenant, agentDetectors[detector], memories[detector], window);
        }
        counts.agents += new Set(series.map(({ agent }) => agent)).size;
        counts.cohorts += peers.cohorts;
        kept.set(tenant.id, { ...memories, asOf: window.to });
      }
      return counts;
    },
  };
}

/** From where minutes must be judged so that each memory reaches `from`. */
function catchUpFrom(memories: readonly AgentMemories[], from: number): number {
  let start = from;
  for (const each of memories)
    for (const { asOf } of each.values()) if (asOf >= from - longestCatchUpMs) start = Math.min(start, asOf);
  return start;
}

interface Piece {
  models: ModelPool;
  telemetry: TelemetryStore;
  references: AgentReferences;
  tenant: Tenant;
  series: readonly AgentSeries[];
  minutes: MinuteValues;
  window: JobWindow;
}

/** The first minute of the grid that a memory has not seen; a series that is new begins where the window does. */
function firstUnseen({ minutes, window }: Piece, memories: AgentMemories, id: string): number {
  return Math.max(0, ((memories.get(id)?.asOf ?? window.from) - minutes.startMs) / minuteMs);
}

async function judgeCohorts(
  piece: Piece,
  memories: AgentMemories,
): Promise<{ judged: JudgedSeries[]; cohorts: number }> {
  const { models, series, minutes, window } = piece;
  const cohorts = cohortsOf(series.filter(({ id }) => minutes.bySeries.has(id)));
  const members = cohorts.map((cohort) =>
    cohort.members.map(({ id }) => ({
      values: minutes.bySeries
        .get(id)!
        .slice()
        .fill(Number.NaN, 0, firstUnseen(piece, memories, id)),
      state: (memories.get(id)?.detector ?? null) as PeerState | null,
    })),
  );
  const results = await models.judgePeers({ cohorts: members }, { signal: window.signal });
  const judged = cohorts.flatMap((cohort, c) =>
    cohort.members.flatMap(({ id }, i) => {
      if (!cohort.judged.has(id)) return [];
      const { state, verdicts } = results[c]![i]!;
      return pickJudged(id, minutes.startMs, members[c]![i]!.values, verdicts, { first: 0, state });
    }),
  );
  return { judged, cohorts: cohorts.length };
}

async function judgeVectors(piece: Piece, memories: AgentMemories): Promise<JudgedSeries[]> {
  const { references, tenant, series } = piece;
  const judged: JudgedSeries[] = [];
  for (const [type, ofType] of Map.groupBy(series, (each) => each.type)) {
    const reference = await references(tenant.id, type);
    if (reference === undefined) continue;
    judged.push(...(await judgeType(piece, memories, ofType, reference)));
  }
  await storeScores(piece, judged);
  return judged;
}

async function judgeType(
  piece: Piece,
  memories: AgentMemories,
  ofType: readonly AgentSeries[],
  { detector, dimensions, centres, weights, maturity }: AgentReference,
): Promise<JudgedSeries[]> {
  const { models, tenant, minutes, window } = piece;
  const agents = [...Map.groupBy(ofType, ({ agent }) => agent)].map(([agent, own]) => {
    const id = seriesId(tenant.id, vectorScoreMetric, { agent });
    const before = (memories.get(id)?.detector ?? null) as Lingering | null;
    return { id, frame: frameOf(minutes, own, dimensions, centres), fromRow: firstUnseen(piece, memories, id), before };
  });
  const results = await models.scoreVectors({ detector, weights, frames: agents }, { signal: window.signal });
  return agents.map(({ id, frame, fromRow }, i) => {
    return judgedVector(id, frame, fromRow, { ...results[i]!, maturity }, dimensions);
  });
}

function judgedVector(
  id: string,
  frame: Frame,
  fromRow: number,
  { score, contributions, after, maturity }: VectorScores & { maturity: number },
  dimensions: readonly string[],
): JudgedSeries {
  const rows = fromRow + score.length;
  const values = new Float64Array(rows).fill(Number.NaN);
  const verdicts = createVerdictColumns(rows);
  for (let row = fromRow; row < rows; row++) {
    if (!isObserved(frame, row)) continue;
    const value = score[row - fromRow]!;
    values[row] = value;
    const shares = contributions.subarray((row - fromRow) * frame.width, (row - fromRow + 1) * frame.width);
    setVerdict(verdicts, row, {
      score: value,
      expected: 0,
      lower: 0,
      upper: 1,
      maturity,
      reason: value > 1 ? reasonOf(shares, dimensions) : '',
    });
  }
  return pickJudged(id, frame.startMs, values, verdicts, { first: fromRow, state: after });
}

function reasonOf(shares: Float32Array, dimensions: readonly string[]): string {
  const named = dimensions
    .map((dimension, j) => ({ dimension, share: shares[j]! }))
    .filter(({ share }) => share >= leastContribution)
    .sort((a, b) => b.share - a.share)
    .slice(0, 3)
    .map(({ dimension, share }) => `${dimension} ${Math.round(100 * share)} %`);
  return `its metrics together are not what agents of its type show: ${named.join(', ')}`;
}

/** Stores the scores as a series of each agent, so that they are read and drawn as any other. */
async function storeScores(
  { telemetry, tenant, series, window }: Piece,
  judged: readonly JudgedSeries[],
): Promise<void> {
  const { from, retainFromDay } = window;
  const agentOf = new Map(
    series.map(({ agent }) => [seriesId(tenant.id, vectorScoreMetric, { agent }), agent] as const),
  );
  const scored = judged.filter(({ times }) => times.length > 0);
  await telemetry.insert(
    seriesTable,
    scored.map(({ id }) => ({
      tenant: tenant.id,
      metric: vectorScoreMetric,
      series_id: id,
      labels: { agent: agentOf.get(id)! },
      aggregation: 'max',
      unit: '1',
    })),
  );
  await telemetry.insert(
    samplesTable,
    scored.flatMap(({ id, times, values }) =>
      [...times.entries()]
        .filter(([, time]) => time >= from)
        .map(([i, time]) => ({
          tenant: tenant.id,
          series_id: id,
          time,
          value: values[i]!,
          aggregation: 'max',
          raw_until: retainFromDay + tenant.rawRetentionDays,
          rollup_until: retainFromDay + tenant.rollupRetentionDays,
        })),
    ),
  );
}
