import { minCohort } from '../models/peers/peer-position.ts';
import type { AgentSeries } from './agent-series.ts';

/** Series that are compared with one another. */
export interface Cohort {
  members: AgentSeries[];
  /** Those that are judged here; the others only show what is usual, and are judged among nearer peers. */
  judged: ReadonlySet<string>;
}

/**
 * The peers of each series: those of agents of the same type, role and version that do the same work. Where these are too few
 * to tell who is the odd one (five), those of the same type and role; where these are too few, of the type. A first agent of a
 * new version is so judged by the old ones, and a fleet half of which was released anew by halves.
 */
export function cohortsOf(series: readonly AgentSeries[]): Cohort[] {
  const rungs: ((each: AgentSeries) => string)[] = [
    ({ type, dimension, role, version }) => JSON.stringify([type, dimension, role, version]),
    ({ type, dimension, role }) => JSON.stringify([type, dimension, role]),
    ({ type, dimension }) => JSON.stringify([type, dimension]),
  ];
  const cohorts: Cohort[] = [];
  let left = series;
  for (const keyOf of rungs) {
    const groups = Map.groupBy(series, keyOf);
    const waiting = Map.groupBy(left, keyOf);
    left = [];
    for (const [key, own] of waiting) {
      const members = groups.get(key)!;
      if (members.length >= minCohort) cohorts.push({ members, judged: new Set(own.map(({ id }) => id)) });
      else left = [...left, ...own];
    }
  }
  return cohorts;
}
