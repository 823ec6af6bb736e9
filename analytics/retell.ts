import { decodeState } from '../models/detectors/flat-state.ts';
import { getDetector } from '../models/detectors/registry.ts';
import { factorsOver } from '../models/feedback/factors-over.ts';
import { effectDays } from '../models/feedback/hold-back.ts';
import { initThreshold } from '../models/thresholds.ts';
import { firstScoreOf, statesOfSeries } from '../store/queries/detection.ts';
import { grains } from '../store/queries/points.ts';
import { seriesByIds } from '../store/queries/series.ts';
import type { Feedback } from '../store/records/feedback.ts';
import type { Tenant } from '../store/records/tenants.ts';
import { anomaliesTable } from '../store/tables.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { anomalyRow, detector } from './detection-rows.ts';
import type { KeptMemory } from './detector-memory.ts';
import { recallFindings, withdrawUnfound } from './earlier-findings.ts';
import { markBy } from './held-back.ts';
import {
  beginMoved,
  judgeMoved,
  type MovedDeps,
  type MovedMemory,
  type MovedVerdict,
  movedDetector,
} from './moved-thresholds.ts';

const dayMs = 86_400_000;
/** So far back a series is judged anew: what feedback says is about the thirty days before it, and it may be as old. */
const retellMs = 2 * effectDays * dayMs;

export interface RetoldSeries {
  id: string;
  /** All that is said of it now. */
  feedback: readonly Feedback[];
}

export interface RetellWindow {
  /** Up to where series are judged; Unix milliseconds. */
  to: number;
  /** Results are kept for their retention from this day on. */
  retainFromDay: number;
  signal?: AbortSignal;
}

/** Whether any of the feedback moves a threshold. */
export function movesThreshold(feedback: readonly Feedback[], to: number): boolean {
  return factorsOver(feedback, to - retellMs, to).some(({ factor }) => factor !== 1);
}

/**
 * Judges a series anew by all that is said of it now, as if it had been said from the beginning: finds the anomalies that only
 * a moved threshold tells, and withdraws those of an earlier one. The last sixty days are judged.
 *
 * @returns what is remembered for the next window; undefined when the threshold is not moved, or the series is not known.
 * @throws ModelTaskError when the workers give no answer.
 */
export async function retell(
  deps: MovedDeps,
  tenant: Tenant,
  { id, feedback }: RetoldSeries,
  { to, retainFromDay, signal }: RetellWindow,
): Promise<MovedVerdict | undefined> {
  const { telemetry } = deps;
  const isMoved = movesThreshold(feedback, to);
  const verdict = isMoved ? await judgeAnew(deps, tenant.id, { id, feedback }, to, signal) : undefined;
  if (verdict?.error !== undefined) return verdict;
  const everything = { from: isMoved ? to - retellMs : dayMs, to };
  const earlier = await recallFindings(telemetry, tenant.id, movedDetector, everything, id);
  const mark = markBy(feedback);
  const until = retainFromDay + tenant.rollupRetentionDays;
  const rows = (verdict?.found ?? []).map((anomaly) =>
    earlier.settle(mark(anomalyRow(tenant, id, verdict!.stepMs, anomaly, to, until, movedDetector))),
  );
  await telemetry.insert(anomaliesTable, rows);
  await withdrawUnfound(telemetry, earlier, everything, () => 1);
  return verdict;
}

async function judgeAnew(
  deps: MovedDeps,
  tenant: string,
  { id, feedback }: RetoldSeries,
  to: number,
  signal: AbortSignal | undefined,
): Promise<MovedVerdict | undefined> {
  const [series] = await deps.telemetry.query(seriesByIds, { tenant, ids: [id] });
  if (series === undefined) return undefined;
  const { stepMs } = series.aggregation === 'sum' ? grains.hour : grains.minute;
  const earliest = Math.min(...feedback.map(({ at }) => at)) - effectDays * dayMs;
  const before = await recallPlain(deps.telemetry, tenant, { id, feedback }, Math.max(earliest, to - retellMs));
  if (before === undefined || before.asOf >= to) return undefined;
  const [verdict] = await judgeMoved(deps, tenant, [{ id, stepMs, feedback, before }], to, signal);
  return verdict;
}

/** What the detector knew at or before `from`; of a series that began later, nothing. Undefined when it was never scored. */
async function recallPlain(
  telemetry: TelemetryStore,
  tenant: string,
  { id, feedback }: RetoldSeries,
  from: number,
): Promise<MovedMemory | undefined> {
  const [row] = await telemetry.query(statesOfSeries, { tenant, detector, before: from, ids: [id] });
  const kept = row && (JSON.parse(row.state) as KeptMemory);
  const { stateLength, stateVersion } = getDetector(detector);
  const plain = kept?.version === stateVersion ? decodeState(kept.detector, stateLength) : null;
  if (plain !== null) return beginMoved(feedback, plain, kept!.threshold, row!.as_of);
  const [{ first }] = (await telemetry.query(firstScoreOf, { tenant, series: id, detector, from })) as [
    { first: number | null },
  ];
  return first === null ? undefined : beginMoved(feedback, null, initThreshold(), first);
}
