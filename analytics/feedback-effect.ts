import { effectDays } from '../models/feedback/hold-back.ts';
import { thresholdFactor } from '../models/feedback/threshold-factor.ts';
import type { AnomalyRow } from '../store/queries/detection.ts';
import { type Feedback, listFeedback } from '../store/records/feedback.ts';
import { readWatermark } from '../store/records/job-runs.ts';
import type { Tenant } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import { movedJobId } from './detect-by-feedback.ts';
import { listAllOf, markPlain } from './held-back.ts';
import { type MovedDeps, saidOf } from './moved-thresholds.ts';
import { type RegroupedIncident, regroupAround } from './regroup-incidents.ts';
import { retell } from './retell.ts';

const dayMs = 86_400_000;
const effectMs = effectDays * dayMs;

/** An anomaly that feedback has moved, or has not. */
export interface AffectedAnomaly {
  id: string;
  startedAt: number;
  peakScore: number;
}

/** What feedback, given or taken back, does to the alarms of its series in the last thirty days. */
export interface FeedbackEffect {
  /** Of which people are not told any more: held back now. */
  gone: AffectedAnomaly[];
  /** Of which they are told all the same. */
  stayed: AffectedAnomaly[];
  /** Of which they are told again. */
  back: AffectedAnomaly[];
  /** Which only the threshold that is moved now tells. */
  found: AffectedAnomaly[];
  /** Which only the threshold as it was told, and that are there no more. */
  withdrawn: AffectedAnomaly[];
  incidents: { gone: RegroupedIncident[]; back: RegroupedIncident[] };
  /** What is made of the threshold of the series by all that is said of it now. */
  thresholdFactor: number;
}

export interface FeedbackDeps extends MovedDeps {
  state: StateStore;
}

/** Somebody else may say something of the same series meanwhile; then all that is said counts. */
const mostRounds = 5;

/**
 * Makes the anomalies and the incidents of a series what all that is said of it now makes them, after the feedback `changed` was
 * given or taken back; tells what that changed. A function of the data and of what is said: feedback that is taken back
 * leaves everything as if it had never been given, over the thirty days before it.
 *
 * @throws ModelTaskError when the workers give no answer.
 */
export async function applyFeedback(
  deps: FeedbackDeps,
  tenant: Tenant,
  { series, at }: Pick<Feedback, 'series' | 'at'>,
  now: number,
  signal?: AbortSignal,
): Promise<FeedbackEffect> {
  const { telemetry, state } = deps;
  const list = () => listAllOf(telemetry, tenant.id, series, Math.min(at, now) - 2 * effectMs);
  const before = await list();
  let feedback = await listFeedback(state, tenant.id, { series });
  for (let round = 0; round < mostRounds; round++) {
    await markPlain(telemetry, tenant.id, round === 0 ? before : await list(), feedback, now);
    await retellDue(deps, tenant, { id: series, feedback }, now, signal);
    const said = await listFeedback(state, tenant.id, { series });
    if (saidOf(said) === saidOf(feedback)) break;
    feedback = said;
  }
  const after = await list();
  const changes = compare(before, after, now - effectMs);
  const moved = [...changes.gone, ...changes.back, ...changes.found, ...changes.withdrawn];
  const incidents = await regroupAround({ telemetry, state }, tenant, moved, now);
  const toldRows = (rows: readonly AnomalyRow[]) => rows.map(toAffected);
  return {
    gone: toldRows(changes.gone),
    stayed: toldRows(changes.stayed),
    back: toldRows(changes.back),
    found: toldRows(changes.found),
    withdrawn: toldRows(changes.withdrawn),
    incidents,
    thresholdFactor: thresholdFactor(feedback),
  };
}

/** Finds what only a moved threshold tells, up to where the job has looked; before its first run there is nothing. */
async function retellDue(
  deps: FeedbackDeps,
  tenant: Tenant,
  series: { id: string; feedback: readonly Feedback[] },
  now: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const to = await readWatermark(deps.state, movedJobId);
  if (to === undefined) return;
  const retainFromDay = Math.ceil(Math.max(to, now) / dayMs);
  const verdict = await retell(deps, tenant, series, { to, retainFromDay, ...(signal && { signal }) });
  if (verdict?.error !== undefined) throw new Error(`series ${series.id} could not be judged anew: ${verdict.error}`);
}

function compare(before: readonly AnomalyRow[], after: readonly AnomalyRow[], since: number) {
  const told = (rows: readonly AnomalyRow[]) =>
    new Map(rows.filter(({ held_back_by }) => held_back_by === '').map((row) => [row.id, row]));
  const [was, is] = [told(before), told(after)];
  const there = new Set(after.map(({ id }) => id));
  const wasThere = new Set(before.map(({ id }) => id));
  const lost = [...was.values()].filter(({ id }) => !is.has(id));
  const won = [...is.values()].filter(({ id }) => !was.has(id));
  return {
    gone: lost.filter(({ id }) => there.has(id)),
    withdrawn: lost.filter(({ id }) => !there.has(id)),
    back: won.filter(({ id }) => wasThere.has(id)),
    found: won.filter(({ id }) => !wasThere.has(id)),
    stayed: [...is.values()].filter(({ id, started_at }) => was.has(id) && started_at >= since),
  };
}

function toAffected({ id, started_at, peak_score }: AnomalyRow): AffectedAnomaly {
  return { id, startedAt: started_at, peakScore: peak_score };
}
