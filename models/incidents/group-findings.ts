import type { Finding } from './finding.ts';
import { createUnionFind, type UnionFind } from './union-find.ts';

/** What is known of the fleet: how many agents there are, and who needs whom. */
export interface FleetShape {
  /** Agents that were there. */
  size: number;
  sizeOfType: ReadonlyMap<string, number>;
  dependencies: readonly { caller: string; callee: string }[];
}

const minuteMs = 60_000;
/** Findings of one thing belong together when less than this lies between them. */
export const joinGapMs = 15 * minuteMs;
/** What has gone on for longer draws nothing new to it: a shift of days must not gather a fleet's every alarm. */
const longestDrawMs = 24 * 60 * minuteMs;
/** Findings of several agents belong together when they began within this of one another. */
const onsetMs = 5 * minuteMs;
/** A finding cannot tell on its own what is together with it from further away than this. */
export const contextMs = joinGapMs + 2 * onsetMs;

/** At least so many agents, and this share of all that could, begin together: that is no chance. */
const typeBurst = { least: 2, share: 0.2, most: 20 };
const fleetBurst = { least: 3, share: 0.3, most: 50 };
/** So much of a fleet that falls silent together is a matter of its own, apart from what was wrong with its agents before. */
const silentFleet = { least: 3, share: 0.5, most: Number.POSITIVE_INFINITY };

/**
 * Groups findings that belong together, each group by ascending start.
 *
 * 1. Of one agent, series, or workflow: when they overlap, or less than a quarter of an hour lies between them.
 * 2. Of two agents of which one needs the other: when they also began within a quarter of an hour of one another.
 * 3. Of agents of one type, of tasks of one kind, of one metric, or of the whole fleet: when enough agents began within five
 *    minutes. This is DBSCAN (Ester et al. 1996) over the times of onset, with the number of distinct agents as the
 *    density, so that the chance alarms of a large fleet do not form a chain.
 * 4. When half of the fleet falls silent together, the silences are one group. What was found of their agents before does not
 *    belong to it; what begins while they are silent, or right after, does.
 *
 * Pure, and local: whether two findings are linked depends on those within `contextMs` of them only. The order of the
 * input does not matter.
 */
export function groupFindings(findings: readonly Finding[], fleet: FleetShape): Finding[][] {
  const sorted = [...findings].sort((a, b) => a.startMs - b.startMs || (a.id < b.id ? -1 : 1));
  const sets = createUnionFind(sorted.length);
  const silent = linkSilentFleet(sorted, fleet, sets);
  const byThing = indexBy(sorted, thingsOf);
  for (const members of byThing.values()) linkOverlapping(sorted, members, silent, sets);
  for (const { caller, callee } of fleet.dependencies) {
    linkDependent(sorted, byThing.get(`agent:${caller}`) ?? [], byThing.get(`agent:${callee}`) ?? [], silent, sets);
  }
  for (const [group, members] of indexBy(sorted, groupsOf)) {
    const others = members.filter((i) => !silent.has(i));
    linkBursts(sorted, others, leastOf(group, fleet), (i, j) => sets.union(i, j));
  }
  return sets.sets().map((members) => members.map((i) => sorted[i]!));
}

/** Links the silences of a fleet that falls silent together; answers which they are. */
function linkSilentFleet(findings: readonly Finding[], { size }: FleetShape, sets: UnionFind): ReadonlySet<number> {
  const silent = new Set<number>();
  const silences = findings.flatMap(({ kind }, i) => (kind === 'silence' ? [i] : []));
  linkBursts(findings, silences, leastShare(size, silentFleet), (i, j) => {
    silent.add(i).add(j);
    sets.union(i, j);
  });
  return silent;
}

/** What a finding is of: one is enough to link. */
function thingsOf({ agent, seriesId, workflow }: Finding): string[] {
  const things: string[] = [];
  if (agent !== '') things.push(`agent:${agent}`);
  else if (seriesId !== '') things.push(`series:${seriesId}`);
  if (workflow !== '') things.push(`workflow:${workflow}`);
  return things;
}

/** The many of which a finding is one. */
function groupsOf({ type, taskKind, metric, agent }: Finding): string[] {
  const groups = ['fleet:'];
  if (type !== '') groups.push(`type:${type}`);
  if (taskKind !== '') groups.push(`kind:${taskKind}`);
  if (agent === '' && metric !== '') groups.push(`metric:${metric}`);
  return groups;
}

function leastOf(group: string, { size, sizeOfType }: FleetShape): number {
  const isFleet = group === 'fleet:';
  const all = isFleet ? size : (sizeOfType.get(group.slice(group.indexOf(':') + 1)) ?? 0);
  return leastShare(all, isFleet ? fleetBurst : typeBurst);
}

function leastShare(all: number, { least, share, most }: { least: number; share: number; most: number }): number {
  return Math.min(most, Math.max(least, Math.ceil(share * all)));
}

function indexBy(findings: readonly Finding[], keysOf: (finding: Finding) => string[]): Map<string, number[]> {
  const index = new Map<string, number[]>();
  findings.forEach((finding, i) => {
    for (const key of keysOf(finding)) {
      const members = index.get(key);
      if (members === undefined) index.set(key, [i]);
      else members.push(i);
    }
  });
  return index;
}

/** Links each to the one before it that draws furthest: whatever else overlaps it overlaps that one too. */
function linkOverlapping(
  findings: readonly Finding[],
  members: readonly number[],
  silent: ReadonlySet<number>,
  sets: UnionFind,
): void {
  let furthest = members[0]!;
  for (const i of members.slice(1)) {
    if (silent.has(i)) {
      furthest = i;
      continue;
    }
    if (drawsUntil(findings[furthest]!) >= findings[i]!.startMs) sets.union(i, furthest);
    if (drawsUntil(findings[i]!) > drawsUntil(findings[furthest]!)) furthest = i;
  }
}

/** Until when a finding draws others to it. */
function drawsUntil({ startMs, endMs }: Finding): number {
  return Math.min((endMs ?? Number.POSITIVE_INFINITY) + joinGapMs, startMs + longestDrawMs);
}

function linkDependent(
  findings: readonly Finding[],
  callers: readonly number[],
  callees: readonly number[],
  silent: ReadonlySet<number>,
  sets: UnionFind,
): void {
  let first = 0;
  for (const i of callers) {
    const { startMs } = findings[i]!;
    while (first < callees.length && findings[callees[first]!]!.startMs < startMs - joinGapMs) first++;
    for (let at = first; at < callees.length && findings[callees[at]!]!.startMs <= startMs + joinGapMs; at++) {
      if (!silent.has(i) && !silent.has(callees[at]!)) sets.union(i, callees[at]!);
    }
  }
}

/** Links findings whose onsets are dense: `least` distinct agents begin within `onsetMs` of them. */
function linkBursts(
  findings: readonly Finding[],
  members: readonly number[],
  least: number,
  link: (i: number, j: number) => void,
): void {
  if (members.length < least) return;
  const counts = new Map<string, number>();
  const entityOf = (i: number) => findings[i]!.agent || findings[i]!.seriesId;
  const change = (i: number, by: number) => {
    const count = (counts.get(entityOf(i)) ?? 0) + by;
    if (count === 0) counts.delete(entityOf(i));
    else counts.set(entityOf(i), count);
  };
  let first = 0;
  let next = 0;
  let lastDense: number | undefined;
  const waiting: number[] = [];
  for (const i of members) {
    const { startMs } = findings[i]!;
    for (; next < members.length && findings[members[next]!]!.startMs <= startMs + onsetMs; next++)
      change(members[next]!, 1);
    for (; findings[members[first]!]!.startMs < startMs - onsetMs; first++) change(members[first]!, -1);
    const isNear = (j: number) => Math.abs(findings[j]!.startMs - startMs) <= onsetMs;
    if (counts.size >= least) {
      // What came before it and was not dense itself is at the edge of this burst.
      for (const j of waiting.splice(0)) if (isNear(j)) link(i, j);
      if (lastDense !== undefined && isNear(lastDense)) link(i, lastDense);
      lastDense = i;
    } else if (lastDense !== undefined && isNear(lastDense)) {
      link(i, lastDense);
    } else {
      waiting.push(i);
    }
  }
}
