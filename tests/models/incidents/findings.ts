import type { Finding } from '../../../models/incidents/finding.ts';
import type { FleetShape } from '../../../models/incidents/group-findings.ts';

const minuteMs = 60_000;

let findings = 0;

/** A finding of a minute ago that lasted ten, about an agent of no type; times are given in minutes. */
export function finding(
  agent: string,
  {
    start = 0,
    end = start + 10,
    ...rest
  }: Partial<Omit<Finding, 'agent'>> & { start?: number; end?: number | null } = {},
): Finding {
  findings++;
  return {
    id: `finding-${findings}`,
    kind: 'anomaly',
    agent,
    type: '',
    taskKind: '',
    workflow: '',
    metric: 'cpu_ratio',
    seriesId: `series of ${agent}`,
    startMs: start * minuteMs,
    endMs: end === null ? null : end * minuteMs,
    peakMs: start * minuteMs,
    score: 2,
    maturity: 1,
    reason: 'is above its band',
    resolutionMs: minuteMs,
    ...rest,
  };
}

export function silence(agent: string, start: number, rest: Partial<Finding> = {}): Finding {
  return finding(agent, { start, end: null, kind: 'silence', metric: '', seriesId: '', score: 4, ...rest });
}

/** A fleet of so many agents, of types of so many each. */
export function fleetOf(
  size: number,
  sizeOfType: Record<string, number> = {},
  rest: Partial<FleetShape> = {},
): FleetShape {
  return { size, sizeOfType: new Map(Object.entries(sizeOfType)), dependencies: [], ...rest };
}
