import { callEvidence, type Harm, harms } from '../root-cause/call-evidence.ts';
import type { CallSeries } from '../root-cause/impact.ts';
import { type ComponentEvidence, type Dependency, rankSuspects, type Suspect } from '../root-cause/rank-suspects.ts';
import type { Finding } from './finding.ts';

/** The calls to each agent, with what the incident is about as their harm. */
export interface MeasuredCalls {
  harm: Harm;
  byAgent: ReadonlyMap<string, CallSeries>;
}

const maxSuspects = 10;
/** Whoever has a smaller share of the suspicion is not named. */
const leastShare = 0.01;
const minuteResolutionMs = 60_000;
const observedPerSuspect = 3;

const harmOfMetric: Readonly<Record<string, Harm>> = {
  task_duration_seconds: 'latency',
  tasks_failed_total: 'failures',
  tasks_dead_total: 'failures',
};

/** What the findings say that calls cost more of, by the worst of them; undefined when they say nothing of calls. */
export function harmOf(findings: readonly Finding[]): Harm | undefined {
  const worstOf = (harm: Harm) =>
    Math.max(0, ...findings.filter(({ metric }) => harmOfMetric[metric] === harm).map(({ score }) => score));
  const [first, second] = harms.map((harm) => ({ harm, worst: worstOf(harm) }));
  const worst = second!.worst > first!.worst ? second! : first!;
  return worst.worst > 0 ? worst.harm : undefined;
}

/**
 * Who may have caused an incident: the agents, or of series without an agent the metrics; the likeliest first.
 *
 * Where the calls to everybody who was found are measured, and cost more than they did, suspects are ranked by the harm of
 * their calls that is their own, which also names an agent that no detector found; else by the scores of the findings and by who was first
 * (`models/root-cause/rank-suspects.ts`).
 *
 * @param findings at least one, by ascending start.
 */
export function rankIncident(
  findings: readonly Finding[],
  dependencies: readonly Dependency[],
  calls?: MeasuredCalls,
): Suspect[] {
  const found = componentsOf(findings);
  const isMeasured = calls !== undefined && found.every(({ component }) => calls.byAgent.has(component));
  const suspects = isMeasured ? rankByCalls(found, dependencies, calls, findings[0]!.startMs) : [];
  return (suspects.length > 0 ? suspects : rankSuspects({ components: found, dependencies }))
    .filter(({ score }) => score >= leastShare)
    .slice(0, maxSuspects);
}

function rankByCalls(
  found: readonly ComponentEvidence[],
  dependencies: readonly Dependency[],
  { harm, byAgent }: MeasuredCalls,
  startMs: number,
): Suspect[] {
  const observedOf = new Map(found.map(({ component, observations = [] }) => [component, observations]));
  const evidence = callEvidence(byAgent, harm, startMs);
  const isFelt = evidence.some((each) => observedOf.has(each.component) && each.observations.length > 0);
  if (!isFelt) return [];
  const components = evidence.map((each) => ({
    ...each,
    observations: [...each.observations, ...(observedOf.get(each.component) ?? [])],
  }));
  const symptom = symptomOf(found, dependencies);
  return rankSuspects({ components, dependencies, ...(symptom !== undefined && { symptom }) });
}

/** The only one of those that were found whom none of the others needs: there it was felt. */
function symptomOf(found: readonly ComponentEvidence[], dependencies: readonly Dependency[]): string | undefined {
  const names = new Set(found.map(({ component }) => component));
  const needed = new Set(dependencies.filter(({ caller }) => names.has(caller)).map(({ callee }) => callee));
  const tops = [...names].filter((name) => !needed.has(name));
  return tops.length === 1 ? tops[0] : undefined;
}

function componentsOf(findings: readonly Finding[]): ComponentEvidence[] {
  const byComponent = Map.groupBy(findings, ({ agent, metric, taskKind }) => agent || metric || taskKind);
  return [...byComponent].map(([component, own]) => {
    const onsets = own.filter(({ resolutionMs }) => resolutionMs <= minuteResolutionMs).map(({ startMs }) => startMs);
    const worst = [...own].sort((a, b) => b.score - a.score).slice(0, observedPerSuspect);
    return {
      component,
      score: worst[0]!.score,
      ...(onsets.length > 0 && { onsetMs: Math.min(...onsets) }),
      observations: worst.map(({ metric, reason }) => `${metric} ${reason}`.trim()),
    };
  });
}
