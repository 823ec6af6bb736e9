/** What is known of a component (an agent, a service, a queue) during an incident. */
export interface ComponentEvidence {
  component: string;
  /** How far its worst signal left the ordinary, as an anomaly score: 1 is the threshold, 0 is ordinary. */
  score: number;
  /**
   * Harm beyond the ordinary, in a unit that adds up along calls (seconds waited, calls failed), from `measureImpact`.
   * Absent where it was not measured.
   */
  impact?: number;
  /** When its first signal left the ordinary, Unix milliseconds; absent when unknown. */
  onsetMs?: number;
  /** It was not seen before the incident, so that it has no ordinary to compare with. */
  isNew?: boolean;
  /** What was seen, in words; the reasons of a suspect begin with it. */
  observations?: readonly string[];
}

/** `caller` needs `callee`: what goes wrong in the callee is felt by the caller. */
export interface Dependency {
  caller: string;
  callee: string;
}

export interface IncidentEvidence {
  components: readonly ComponentEvidence[];
  dependencies: readonly Dependency[];
  /** The component whose users complain: only what it depends on can be the cause. All components when absent. */
  symptom?: string;
  /** Onsets closer than this count as one; samples of a minute cannot tell more. */
  onsetResolutionMs?: number;
}

/** A component that may be the cause; the scores of all suspects sum to 1. */
export interface Suspect {
  component: string;
  score: number;
  reasons: string[];
}

const defaultResolutionMs = 120_000;
/** Each resolution step by which a component was later than the first halves its claim, down to an eighth. */
const maxHalvings = 3;

/**
 * Ranks components as causes of an incident, the likeliest first; those without a claim are left out.
 *
 * A fault is felt by every caller above it, so the size of a deviation points at the top of a system and not at the
 * fault. What counts is a component's *own* share: its harm less the harm of what it calls. Rules, each general:
 *
 * 1. Only what the symptom depends on, directly or through others, can have caused it.
 * 2. Own harm = impact - sum of the callees' impacts, where impacts were measured, for they add up along calls; else
 *    excess score - the largest excess of a callee, for scores do not add up.
 * 3. A component that first appeared with the incident is a change in its callers: its harm is theirs.
 * 4. What went wrong earlier is likelier the cause, as far as the resolution can tell.
 *
 * Pure; ties keep the order of the names.
 *
 * @example
 * rankSuspects({
 *   components: [
 *     { component: 'site', score: 9, impact: 50 },
 *     { component: 'database', score: 4, impact: 48 },
 *   ],
 *   dependencies: [{ caller: 'site', callee: 'database' }],
 * }) // database .96, site .04
 */
export function rankSuspects(evidence: IncidentEvidence): Suspect[] {
  const { components, dependencies, symptom, onsetResolutionMs = defaultResolutionMs } = evidence;
  const calleesOf = groupCallees(dependencies);
  const reachable = symptom === undefined ? undefined : reachBy(symptom, calleesOf);
  const among = components.filter(({ component }) => reachable?.has(component) ?? true);
  const known = new Map(among.map((each) => [each.component, each]));
  const harmful = among.filter(({ score, impact = 0 }) => score > 1 || impact > 0);
  const hasImpacts = harmful.length > 0 && harmful.every(({ impact, isNew }) => impact !== undefined || isNew);
  const own = hasImpacts ? ownImpact : ownScore;
  const firstMs = Math.min(...harmful.map(({ onsetMs }) => onsetMs ?? Number.POSITIVE_INFINITY));
  const claims = among
    .filter(({ isNew }) => !isNew || !hasImpacts)
    .map((each) => {
      const callees = (calleesOf.get(each.component) ?? []).flatMap((name) => known.get(name) ?? []);
      const lateness = stepsLate(each.onsetMs, firstMs, onsetResolutionMs);
      return { each, callees, lateness, claim: own(each, callees) / 2 ** Math.min(lateness, maxHalvings) };
    })
    .filter(({ claim }) => claim > 0)
    .sort((a, b) => b.claim - a.claim || (a.each.component < b.each.component ? -1 : 1));
  const total = claims.reduce((sum, { claim }) => sum + claim, 0);
  return claims.map(({ each, callees, lateness, claim }) => ({
    component: each.component,
    score: claim / total,
    reasons: reasonsFor(each, callees, own(each, callees), hasImpacts, lateness),
  }));
}

function ownImpact({ impact = 0 }: ComponentEvidence, callees: readonly ComponentEvidence[]): number {
  const explained = callees.reduce((sum, callee) => sum + (callee.isNew ? 0 : Math.max(0, callee.impact ?? 0)), 0);
  return Math.max(0, impact - explained);
}

function ownScore(component: ComponentEvidence, callees: readonly ComponentEvidence[]): number {
  const explained = callees.filter(({ isNew }) => !isNew).map(excess);
  return Math.max(0, excess(component) - Math.max(0, ...explained));
}

/** Scores are ratios to a threshold: between 50 and 100 thresholds lies as much as between 1 and 2. */
function excess({ score }: ComponentEvidence): number {
  return Math.log2(Math.max(1, score));
}

function stepsLate(onsetMs: number | undefined, firstMs: number, resolutionMs: number): number {
  if (!Number.isFinite(firstMs)) return 0;
  return onsetMs === undefined ? 1 : Math.floor((onsetMs - firstMs) / resolutionMs);
}

function groupCallees(dependencies: readonly Dependency[]): Map<string, string[]> {
  const callees = new Map<string, string[]>();
  for (const { caller, callee } of dependencies) {
    if (caller === callee) continue;
    const of = callees.get(caller) ?? [];
    if (!of.includes(callee)) of.push(callee);
    callees.set(caller, of);
  }
  return callees;
}

/** `from` and everything that it needs, directly or through others. */
export function reach(from: string, dependencies: readonly Dependency[]): Set<string> {
  return reachBy(from, groupCallees(dependencies));
}

function reachBy(from: string, calleesOf: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set([from]);
  for (const component of found) for (const callee of calleesOf.get(component) ?? []) found.add(callee);
  return found;
}

function reasonsFor(
  { observations = [], impact = 0 }: ComponentEvidence,
  callees: readonly ComponentEvidence[],
  own: number,
  hasImpacts: boolean,
  lateness: number,
): string[] {
  const reasons = [...observations];
  const appeared = callees.filter(({ isNew }) => isNew).map(({ component }) => component);
  if (hasImpacts && own < impact) {
    reasons.push(`${Math.round((100 * own) / impact)} % of its harm is its own, the rest comes from what it calls`);
  } else if (callees.some(({ score, isNew }) => score > 1 && !isNew)) {
    reasons.push('it deviates more than anything that it calls');
  } else {
    reasons.push('nothing that it calls explains it');
  }
  if (appeared.length > 0) reasons.push(`it began to call ${appeared.join(', ')}`);
  if (lateness === 0) reasons.push('it was among the first to deviate');
  return reasons;
}
