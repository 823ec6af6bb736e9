import type { Suspect } from '../root-cause/rank-suspects.ts';
import type { Finding } from './finding.ts';
import type { FleetShape } from './group-findings.ts';
import { type MeasuredCalls, rankIncident } from './rank-incident.ts';

export const incidentCauses = ['anomalies', 'silence', 'fleet_silence', 'stuck_tasks'] as const;
export type IncidentCause = (typeof incidentCauses)[number];

export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** What is said of findings that belong together. Times are Unix milliseconds. */
export interface IncidentDescription {
  cause: IncidentCause;
  severity: Severity;
  title: string;
  startMs: number;
  peakMs: number;
  /** Null while any finding goes on. */
  endMs: number | null;
  peakScore: number;
  maturity: number;
  agents: string[];
  types: string[];
  metrics: string[];
  suspects: Suspect[];
}

/** When so much of a fleet falls silent, it is not the agents: they do not die together. */
const silentShare = 0.5;
const leastSilent = 3;

/**
 * Describes findings that belong together: when, how bad, who, and who may be the cause.
 *
 * Severity: critical when a fifth of the fleet (and three agents) takes part or a score of 5 shows in three metrics; warning when
 * an agent is silent, a task is stuck, several agents or metrics take part, or a score passes 3; else info. Below a maturity of
 * 0.3 it is info at most, below 0.7 warning at most.
 *
 * @param findings at least one, by ascending start.
 * @param calls what the calls to the agents cost, where that is known.
 */
export function describeIncident(
  findings: readonly Finding[],
  fleet: FleetShape,
  calls?: MeasuredCalls,
): IncidentDescription {
  const peak = findings.reduce((worst, each) => (each.score > worst.score ? each : worst));
  const agents = distinct(findings.map(({ agent }) => agent));
  const metrics = distinct(findings.map(({ metric }) => metric));
  const maturity = Math.max(...findings.map((each) => each.maturity));
  const cause = causeOf(findings, fleet);
  const ends = findings.map(({ endMs }) => endMs);
  const what = { findings, agents, metrics, peak, cause, fleet };
  return {
    cause,
    severity: capSeverity(severityOf(what), maturity),
    title: titleOf(what),
    startMs: findings[0]!.startMs,
    peakMs: peak.peakMs,
    endMs: ends.includes(null) ? null : Math.max(...(ends as number[])),
    peakScore: peak.score,
    maturity,
    agents,
    types: distinct(findings.map(({ type }) => type)),
    metrics,
    suspects:
      cause === 'fleet_silence'
        ? [ingestOrNetwork(findings, fleet)]
        : rankIncident(findings, fleet.dependencies, calls),
  };
}

interface Matter {
  findings: readonly Finding[];
  agents: readonly string[];
  metrics: readonly string[];
  peak: Finding;
  cause: IncidentCause;
  fleet: FleetShape;
}

function causeOf(findings: readonly Finding[], { size }: FleetShape): IncidentCause {
  const silent = silentAgents(findings);
  if (silent >= leastSilent && silent >= silentShare * size) return 'fleet_silence';
  const has = (kind: Finding['kind']) => findings.some((finding) => finding.kind === kind);
  return has('silence') ? 'silence' : has('anomaly') ? 'anomalies' : 'stuck_tasks';
}

function severityOf({ findings, agents, metrics, peak, cause, fleet }: Matter): Severity {
  if (cause === 'fleet_silence') return 'critical';
  const isWide = agents.length >= 3 && agents.length >= 0.2 * fleet.size;
  if (isWide || (peak.score >= 5 && metrics.length >= 3)) return 'critical';
  const isPlain = cause === 'anomalies' && agents.length < 2 && metrics.length < 2 && peak.score < 3;
  return isPlain && !findings.some(({ kind }) => kind !== 'anomaly') ? 'info' : 'warning';
}

/** What hardly anything is known of does not wake anybody. */
function capSeverity(severity: Severity, maturity: number): Severity {
  const cap = maturity < 0.3 ? 'info' : maturity < 0.7 ? 'warning' : 'critical';
  return severities[Math.min(severities.indexOf(severity), severities.indexOf(cap))]!;
}

function titleOf({ findings, agents, metrics, peak, cause, fleet }: Matter): string {
  if (cause === 'fleet_silence') {
    const silent = silentAgents(findings);
    return `${silent} of ${Math.max(silent, fleet.size)} agents fell silent together: ingest or network`;
  }
  const types = distinct(findings.map(({ type }) => type));
  const who =
    agents.length === 0
      ? peak.metric || peak.taskKind
      : agents.length === 1
        ? agents[0]!
        : `${agents.length} agents${types.length === 1 ? ` of type ${types[0]}` : ''}`;
  if (cause === 'silence')
    return `${who} silent${metrics.length > 0 ? `, and ${listOf(metrics)} out of the ordinary` : ''}`;
  if (cause === 'stuck_tasks')
    return findings.length === 1 ? `${who}: ${peak.reason}` : `${who}: ${findings.length} tasks are stuck`;
  if (findings.length === 1) return `${agents.length === 0 ? '' : `${who}: `}${peak.metric} ${peak.reason}`.trim();
  return `${who}: ${listOf(metrics)} out of the ordinary`;
}

function listOf(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more metrics`;
}

function silentAgents(findings: readonly Finding[]): number {
  return new Set(findings.filter(({ kind }) => kind === 'silence').map(({ agent }) => agent)).size;
}

function ingestOrNetwork(findings: readonly Finding[], { size }: FleetShape): Suspect {
  const silences = findings.filter(({ kind }) => kind === 'silence');
  const seconds = Math.round((silences.at(-1)!.startMs - silences[0]!.startMs) / 1000);
  const silent = silentAgents(findings);
  return {
    component: 'ingest or network',
    score: 1,
    reasons: [
      `${silent} of ${Math.max(silent, size)} agents fell silent within ${seconds} s of one another`,
      'agents of their own accord do not stop together: what lies between them and Fleetcast does',
    ],
  };
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => name !== '').sort();
}
