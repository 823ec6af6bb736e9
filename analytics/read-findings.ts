import type { Finding } from '../models/incidents/finding.ts';
import type { FleetShape } from '../models/incidents/group-findings.ts';
import {
  agentsToGroup,
  anomaliesToGroup,
  observedDependencies,
  silencesToGroup,
  stuckTasksToGroup,
} from '../store/queries/findings.ts';
import type { TelemetryStore } from '../store/telemetry.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** What began earlier is past. */
export const oldestFindingMs = 7 * dayMs;
/** An agent that was not heard for so long is not a part of the fleet. */
const recentMs = dayMs;

/** A fleet, and which of its agents is of which type. */
export interface Fleet extends FleetShape {
  typeOf: ReadonlyMap<string, string>;
}

/** The findings of a tenant that went on in `[from, to)`, whatever they are about. */
export async function readFindings(
  telemetry: TelemetryStore,
  tenant: string,
  { typeOf }: Pick<Fleet, 'typeOf'>,
  { from, to }: { from: number; to: number },
): Promise<Finding[]> {
  const range = { tenant, from, to, oldest: Math.max(0, from - oldestFindingMs) };
  const [anomalies, silences, stuck] = await Promise.all([
    telemetry.query(anomaliesToGroup, range),
    telemetry.query(silencesToGroup, range),
    telemetry.query(stuckTasksToGroup, range),
  ]);
  const type = (agent: string) => typeOf.get(agent) ?? '';
  const silencesOf = Map.groupBy(silences, ({ agent }) => agent);
  // The task of an agent that is dead is not stuck: the agent is the finding.
  const isSilent = (agent: string, at: number) =>
    (silencesOf.get(agent) ?? []).some(({ since, ended_at }) => since <= at && (ended_at === null || ended_at > at));
  return [
    ...anomalies.map((row): Finding => {
      const { agent = '', kind = '', workflow = '' } = row.labels;
      const stepMs = row.step_seconds * 1000;
      return {
        ...{ id: row.id, kind: 'anomaly', agent, type: type(agent), taskKind: kind, workflow, metric: row.metric },
        ...{ seriesId: row.series_id, startMs: row.started_at, peakMs: row.peak_at, score: row.peak_score },
        ...{ maturity: row.maturity, reason: row.reason, resolutionMs: stepMs },
        endMs: row.ended_at === null ? null : row.ended_at + stepMs,
      };
    }),
    ...silences.map((row): Finding => {
      const { agent, since, expected_seconds, down_at, ended_at } = row;
      const missedMs = since + expected_seconds * 1000;
      return {
        ...{ id: `silence-${agent}-${since.toString(36)}`, kind: 'silence', agent, type: type(agent), taskKind: '' },
        ...{ workflow: '', metric: '', seriesId: '', startMs: missedMs, peakMs: down_at, endMs: ended_at },
        ...{ score: silenceScore, maturity: 1, resolutionMs: minuteMs },
        reason: `sends no heartbeats, of which one was expected every ${Math.round(expected_seconds)} s`,
      };
    }),
    ...stuck
      .filter((row) => !isSilent(row.agent, row.stuck_at))
      .map((row): Finding => {
        const { task, kind, agent, correlation_id, attempt, last_event_at, stuck_at, limit_seconds, ended_at } = row;
        return {
          ...{ id: `stuck-${task}-${last_event_at.toString(36)}`, kind: 'stuck_task', agent, type: type(agent) },
          ...{
            taskKind: kind,
            workflow: correlation_id,
            metric: '',
            seriesId: '',
            startMs: stuck_at,
            peakMs: stuck_at,
          },
          ...{ endMs: ended_at, score: stuckScore, maturity: 1, resolutionMs: minuteMs },
          reason: `task ${task} (${kind}${attempt > 1 ? `, attempt ${attempt}` : ''}) gave no sign for more than ${minutesOf(limit_seconds)} minutes, longer than its kind does`,
        };
      }),
  ];
}

const minuteMs = 60_000;
/** What is down is as sure as what is four times beyond its threshold. */
const silenceScore = 4;
const stuckScore = 2;

function minutesOf(seconds: number): number {
  return Math.round(seconds / 60);
}

/** The fleet as it was known from a day before `from` on, with the dependencies that its agents declare. */
export async function readFleet(telemetry: TelemetryStore, tenant: string, from: number): Promise<Fleet> {
  const agents = await telemetry.query(agentsToGroup, { tenant, from: Math.max(0, from - recentMs) });
  const typeOf = new Map(agents.map(({ agent, type }) => [agent, type]));
  const sizeOfType = new Map<string, number>();
  for (const { type } of agents) sizeOfType.set(type, (sizeOfType.get(type) ?? 0) + 1);
  const ofType = Map.groupBy(agents, ({ type }) => type);
  const dependencies = agents.flatMap(({ agent: caller, depends_on }) =>
    depends_on
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .flatMap((name) => (typeOf.has(name) ? [name] : (ofType.get(name) ?? []).map(({ agent }) => agent)))
      .map((callee) => ({ caller, callee })),
  );
  return { size: agents.length, sizeOfType, typeOf, dependencies };
}

/** The fleet with what the workflows of the hour before `from` until `to` show of who needs whom. */
export async function withObservedDependencies(
  telemetry: TelemetryStore,
  tenant: string,
  fleet: Fleet,
  findings: readonly Finding[],
  { from, to }: { from: number; to: number },
): Promise<Fleet> {
  const agents = [...new Set(findings.map(({ agent }) => agent))].filter((agent) => agent !== '');
  if (agents.length < 2) return fleet;
  const range = { from: Math.max(0, from - hourMs), to: Math.min(to, from + dayMs) };
  const observed = await telemetry.query(observedDependencies, { tenant, agents: agents.slice(0, 1000), ...range });
  return { ...fleet, dependencies: [...fleet.dependencies, ...observed] };
}
