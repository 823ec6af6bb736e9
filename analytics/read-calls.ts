import type { Finding } from '../models/incidents/finding.ts';
import type { FleetShape } from '../models/incidents/group-findings.ts';
import { harmOf, type MeasuredCalls } from '../models/incidents/rank-incident.ts';
import { knownMs } from '../models/root-cause/call-evidence.ts';
import { reach } from '../models/root-cause/rank-suspects.ts';
import { agentCalls, callBucketMs } from '../store/queries/findings.ts';
import type { TelemetryStore } from '../store/telemetry.ts';

/** What is ordinary is read from so long before an incident. */
const beforeMs = 2 * 3_600_000;
/** Of a larger incident the calls of so many agents are looked at. */
const maxAgents = 500;

/**
 * What the tasks of the agents of each group, and of all whom they need, cost around its beginning; by the id of the group's
 * first finding. Only of groups that are about tasks and in which somebody needs somebody: of others it could tell nothing.
 */
export async function readCalls(
  telemetry: TelemetryStore,
  tenant: string,
  groups: readonly (readonly Finding[])[],
  { dependencies }: Pick<FleetShape, 'dependencies'>,
): Promise<Map<string, MeasuredCalls>> {
  const calls = new Map<string, MeasuredCalls>();
  for (const group of groups) {
    const harm = harmOf(group);
    const found = new Set(group.map(({ agent }) => agent).filter((agent) => agent !== ''));
    const agents = new Set([...found].flatMap((agent) => [...reach(agent, dependencies)]));
    if (harm === undefined || agents.size < 2) continue;
    const { id, startMs } = group[0]!;
    const from = Math.floor((startMs - beforeMs) / callBucketMs) * callBucketMs;
    const range = { from: Math.max(0, from), to: startMs + knownMs + callBucketMs };
    const rows = await telemetry.query(agentCalls, { tenant, agents: [...agents].slice(0, maxAgents), ...range });
    const byAgent = new Map(
      rows.map(({ agent, starts, calls, ...cost }) => {
        return [agent, { starts, stepMs: callBucketMs, calls, harmPerCall: cost[harm] }] as const;
      }),
    );
    calls.set(id, { harm, byAgent });
  }
  return calls;
}
