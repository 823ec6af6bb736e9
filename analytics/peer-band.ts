import type { VerdictColumns } from '../models/detectors/verdict-columns.ts';
import type { PeerState } from '../models/peers/peer-position.ts';
import type { ModelPool } from '../models/pool.ts';
import { statesOfSeries } from '../store/queries/detection.ts';
import { pointsOfSelected } from '../store/queries/packed-points.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { AgentMemory } from './agent-findings.ts';
import { minuteMs, onGrid } from './agent-points.ts';
import { type AgentSeries, readAgentSeries } from './agent-series.ts';
import { cohortsOf } from './cohorts.ts';
import { agentDetectors } from './detect-agents.ts';

/** Of a larger cohort so many members show the band well enough; twice as many are read, for some may have been silent. */
const maxMembers = 200;
const maxRead = 2 * maxMembers;

/** A series by the minute with what its peers showed; `times` are Unix milliseconds. */
export interface PeerBand {
  times: Float64Array;
  values: Float64Array;
  verdicts: Pick<VerdictColumns, 'score' | 'expected' | 'lower' | 'upper'>;
}

export interface PeerBandQuestion {
  tenant: string;
  seriesId: string;
  metric: string;
  /** Unix milliseconds, whole minutes. */
  from: number;
  to: number;
}

/**
 * The band that the peers of a series drew around it in `[from, to)`, as the job `detect-agents` saw it: its offset from them
 * is the one that was remembered at `from`. Undefined when it has no peers any more. However large the cohort, 400 members are read
 * and the first 200 that have a value are judged (`nearestPeers`).
 */
export async function readPeerBand(
  { telemetry, models }: { telemetry: TelemetryStore; models: ModelPool },
  { tenant, seriesId, metric, from, to }: PeerBandQuestion,
  signal: AbortSignal,
): Promise<PeerBand | undefined> {
  const series = await readAgentSeries(telemetry, { id: tenant }, [], metric);
  const own = series.find(({ id }) => id === seriesId);
  if (own === undefined) return undefined;
  const alike = nearestPeers(series, own, maxRead);
  const minutes = (to - from) / minuteMs;
  const ids = alike.map(({ id }) => id);
  const rows = await telemetry.queryPacked(pointsOfSelected.minute, { tenant, from, to, ids });
  const valuesOf = new Map(rows.map(({ id, points }) => [id, onGrid(points, from, minutes)]));
  const cohort = cohortsOf(alike.filter(({ id }) => valuesOf.has(id))).find(({ judged }) => judged.has(seriesId));
  if (cohort === undefined) return undefined;
  const members = nearestPeers(cohort.members, own, maxMembers).map(({ id }) => id);
  const states = await readStates(telemetry, tenant, members, from);
  const cohorts = [members.map((id) => ({ values: valuesOf.get(id)!, state: states.get(id) ?? null }))];
  const [judged] = await models.judgePeers({ cohorts }, { signal });
  return pickBand(valuesOf.get(seriesId)!, judged![0]!.verdicts, from);
}

/**
 * The series itself and those that it is compared with, the nearest first: of its version and role, of its role, of its type; among
 * equals by number, which is a hash, so that it is a fair sample and always the same one.
 */
export function nearestPeers(series: readonly AgentSeries[], own: AgentSeries, most: number): AgentSeries[] {
  const distance = ({ id, role, version }: AgentSeries) =>
    id === own.id ? 0 : role !== own.role ? 3 : version !== own.version ? 2 : 1;
  return series
    .filter(({ type, dimension }) => type === own.type && dimension === own.dimension)
    .map((each) => ({ each, key: `${distance(each)}${each.id.padStart(20, '0')}` }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, most)
    .map(({ each }) => each);
}

async function readStates(
  telemetry: TelemetryStore,
  tenant: string,
  ids: readonly string[],
  before: number,
): Promise<Map<string, PeerState>> {
  const question = { tenant, detector: agentDetectors.peers, before, ids: [...ids] };
  const rows = await telemetry.query(statesOfSeries, question);
  return new Map(rows.map(({ id, state }) => [id, (JSON.parse(state) as AgentMemory).detector as PeerState]));
}

/** The minutes that have a value and a verdict: where it has too few peers there is no band. */
function pickBand(values: Float64Array, verdicts: VerdictColumns, from: number): PeerBand {
  const shown = Array.from(values.keys()).filter((i) => Number.isFinite(values[i]) && verdicts.maturity[i]! > 0);
  const pick = (column: Float64Array) => Float64Array.from(shown, (i) => column[i]!);
  const { score, expected, lower, upper } = verdicts;
  return {
    times: Float64Array.from(shown, (i) => from + i * minuteMs),
    values: pick(values),
    verdicts: { score: pick(score), expected: pick(expected), lower: pick(lower), upper: pick(upper) },
  };
}
