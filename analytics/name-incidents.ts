import { createHash } from 'node:crypto';
import type { Finding } from '../models/incidents/finding.ts';
import type { IncidentRow } from '../store/queries/incidents.ts';

type Group = readonly Pick<Finding, 'id'>[];

export interface GroupNames {
  /** The incident that each group is, by its index. */
  ids: string[];
  /** What became of the incidents whose findings are in a group: themselves, or the one that they are a part of now. */
  becameOf: Map<string, string>;
}

/** Whether an incident is shown: neither withdrawn nor a part of another. */
export function isAlive({ withdrawn, merged_into }: Pick<IncidentRow, 'withdrawn' | 'merged_into'>): boolean {
  return !withdrawn && merged_into === '';
}

/**
 * Finds for each group the incident that it was: the first of those that its findings are in. When one falls apart, the part with
 * the finding that it was named for keeps it. A group that is in none is the withdrawn or merged one that it was once, so that what
 * comes back has its name; else it is named for its first finding.
 */
export function nameGroups(
  tenant: string,
  groups: readonly Group[],
  stored: readonly Pick<IncidentRow, 'id' | 'findings' | 'withdrawn' | 'merged_into'>[],
): GroupNames {
  const [alive, dead] = [indexFindings(stored.filter(isAlive)), indexFindings(stored.filter((each) => !isAlive(each)))];
  const before = groups.map((group) => unique(group.flatMap(({ id }) => alive.get(id) ?? [])));
  const heirs = findHeirs(tenant, groups, before);
  const becameOf = new Map<string, string>();
  const taken = new Set<string>();
  const ids = groups.map((group, i) => {
    const free = before[i]!.filter((id) => heirs.get(id) === i);
    const former = () => unique(group.flatMap(({ id }) => dead.get(id) ?? [])).find((id) => !taken.has(id));
    const unnamed = () => group.map(({ id }) => idOf(tenant, id)).find((id) => !taken.has(id) && !heirs.has(id));
    const id = free[0] ?? former() ?? unnamed() ?? idOf(tenant, `${group[0]!.id} again`);
    for (const each of free) becameOf.set(each, id);
    becameOf.set(id, id);
    taken.add(id);
    return id;
  });
  return { ids, becameOf };
}

/** Of each incident, the index of the group that goes on with it. */
function findHeirs(
  tenant: string,
  groups: readonly Group[],
  before: readonly (readonly string[])[],
): Map<string, number> {
  const claims = new Map<string, number[]>();
  for (const [i, ids] of before.entries()) for (const id of ids) claims.set(id, [...(claims.get(id) ?? []), i]);
  return new Map(
    [...claims].map(([id, claimants]) => {
      const isNamesake = (i: number) => groups[i]!.some((finding) => idOf(tenant, finding.id) === id);
      const heir = claimants.length === 1 ? undefined : claimants.find(isNamesake);
      return [id, heir ?? claimants[0]!];
    }),
  );
}

/** The incidents that each finding is in, in their order. */
function indexFindings(incidents: readonly Pick<IncidentRow, 'id' | 'findings'>[]): Map<string, string[]> {
  const index = new Map<string, string[]>();
  for (const { id, findings } of incidents)
    for (const finding of findings) index.set(finding.id, [...(index.get(finding.id) ?? []), id]);
  return index;
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}

/** The name of an incident that was none before: of its first finding. */
function idOf(tenant: string, finding: string): string {
  return createHash('sha256').update(`${tenant}\0${finding}`).digest('hex').slice(0, 16);
}
