import { openAmong } from '../store/queries/findings.ts';
import type { IncidentRow } from '../store/queries/incidents.ts';
import { unendedIncidents } from '../store/queries/incidents.ts';
import type { TelemetryStore } from '../store/telemetry.ts';

/**
 * The incidents that go on for the sake of anomalies which have ended, or are gone: a run of a detector over the past, or
 * one that came late, said so when nobody looked there any more.
 */
export async function readOutdated(telemetry: TelemetryStore, tenant: string): Promise<IncidentRow[]> {
  const unended = await telemetry.query(unendedIncidents, { tenant });
  const openOf = ({ findings }: IncidentRow) =>
    findings.filter(({ kind, endMs }) => kind === 'anomaly' && endMs === null).map(({ id }) => id);
  const ids = unended.flatMap(openOf);
  if (ids.length === 0) return [];
  const open = new Set((await telemetry.query(openAmong, { tenant, ids })).map(({ id }) => id));
  return unended.filter((incident) => openOf(incident).some((id) => !open.has(id)));
}

/** An incident from before what can be grouped anew: it ended when the last was seen of it. */
export function endOutdated(incident: IncidentRow): IncidentRow {
  const findings = incident.findings.map((finding) => ({ ...finding, endMs: finding.endMs ?? finding.peakMs }));
  return { ...incident, findings, ended_at: Math.max(incident.peak_at, ...findings.map(({ endMs }) => endMs)) };
}
