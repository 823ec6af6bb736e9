import { createHash } from 'node:crypto';
import { describeIncident } from '../models/incidents/describe-incident.ts';
import type { Finding } from '../models/incidents/finding.ts';
import { contextMs, groupFindings } from '../models/incidents/group-findings.ts';
import type { MeasuredCalls } from '../models/incidents/rank-incident.ts';
import { type IncidentRow, incidentsOverlapping, type StoredFinding } from '../store/queries/incidents.ts';
import { resolutions } from '../store/records/incident-actions.ts';
import { listTenants, type Tenant } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import type { RowOf } from '../store/table.ts';
import { incidentsTable } from '../store/tables.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { Job, JobWindow } from './job.ts';
import { endOutdated, readOutdated } from './outdated-incidents.ts';
import { readCalls } from './read-calls.ts';
import { type Fleet, oldestFindingMs, readFindings, readFleet, withObservedDependencies } from './read-findings.ts';

type Row = RowOf<typeof incidentsTable>;

/** Findings come to the store later than they began: jobs run one after the other, and a silence takes its time. */
const lookbackMs = 2 * 3_600_000;
/** An incident keeps so many of its findings, and names so many agents; it counts all. */
const maxKept = 500;

/**
 * Groups anomalies, silent agents and stuck tasks that belong together into incidents.
 *
 * What an incident is depends on the findings alone and not on the windows in which they were seen: each run groups
 * everything that is connected with its window anew, and writes what differs from what is stored. An incident keeps its
 * name while it grows, since it is the one that its findings were in before; of two that turn out to be one, the earlier
 * goes on and the other says so. One whose findings are all gone is withdrawn. One that goes on for an anomaly that has
 * ended meanwhile, long ago, is grouped anew as well.
 */
export function createIncidentsJob({ telemetry, state }: { telemetry: TelemetryStore; state: StateStore }): Job {
  return {
    id: 'incidents',
    description: 'Groups anomalies, silent agents and stuck tasks into incidents',
    schedule: '35 * * * * *',
    intervalSeconds: 60,
    stepSeconds: 60,
    maxWindowSeconds: 86_400,
    initialLookbackSeconds: 86_400,
    async run(window) {
      const counts = { opened: 0, changed: 0, merged: 0, withdrawn: 0 };
      for (const tenant of await listTenants(state)) {
        window.signal.throwIfAborted();
        const rows = await regroup(telemetry, tenant, window, await resolutions(state, tenant.id, window.to));
        for (const row of rows) {
          if (row.withdrawn === 1) counts.withdrawn++;
          else if (row.merged_into !== '') counts.merged++;
          else if (row.created_at === row.as_of) counts.opened++;
          else counts.changed++;
        }
        await telemetry.insert(incidentsTable, rows);
      }
      return counts;
    },
  };
}

/** The rows that must be written so that the incidents around the window are what their findings say. */
async function regroup(
  telemetry: TelemetryStore,
  tenant: Tenant,
  window: JobWindow,
  resolved: ReadonlyMap<string, number>,
): Promise<Row[]> {
  const outdated = (await readOutdated(telemetry, tenant.id)).filter(({ started_at }) => started_at < window.to);
  const earliest = outdated.reduce((from, { started_at }) => Math.min(from, started_at), window.from - lookbackMs);
  const core = { from: Math.max(earliest, window.from - oldestFindingMs), to: window.to };
  const known = await readFleet(telemetry, tenant.id, window.from);
  const { groups, fleet, range } = await connectedGroups(telemetry, tenant.id, known, core);
  const stored = await telemetry.query(incidentsOverlapping, { tenant: tenant.id, ...range });
  const until = window.retainFromDay + tenant.rollupRetentionDays;
  const calls = await readCalls(telemetry, tenant.id, groups, fleet);
  const context = { tenant: tenant.id, asOf: window.to, until };
  // What began before everything that is read anew cannot be grouped any more.
  const past = outdated.filter(({ started_at }) => started_at < core.from);
  const settled = stored.filter(({ id }) => !past.some((incident) => incident.id === id));
  const rows = settle({ groups, calls, stored: settled, resolved, fleet, core, ...context });
  return [...rows, ...past.map((incident) => toRowAsIs(endOutdated(incident), context))];
}

interface Connected {
  groups: Finding[][];
  fleet: Fleet;
  range: { from: number; to: number };
}

/** The groups that reach into `core`, whole: reads further out until none of them goes on there. */
async function connectedGroups(
  telemetry: TelemetryStore,
  tenant: string,
  known: Fleet,
  core: { from: number; to: number },
): Promise<Connected> {
  let range = { from: core.from - contextMs, to: core.to + contextMs };
  for (;;) {
    const findings = await readFindings(telemetry, tenant, known, range);
    const fleet = await withObservedDependencies(telemetry, tenant, known, findings, range);
    const groups = groupFindings(findings, fleet).filter((group) => group.some((finding) => reaches(finding, core)));
    const starts = groups.flatMap((group) => group.map(({ startMs }) => startMs));
    const ends = groups.flatMap((group) =>
      group.map(({ startMs, endMs }) => Math.min(endMs ?? core.to, startMs + dayMs)),
    );
    const needed = {
      from: Math.max(core.from - oldestFindingMs, least(starts, core.from) - contextMs),
      to: Math.min(core.to + oldestFindingMs, most(ends, core.to) + contextMs),
    };
    if (needed.from >= range.from && needed.to <= range.to) return { groups, fleet, range };
    range = { from: Math.min(range.from, needed.from), to: Math.max(range.to, needed.to) };
  }
}

const dayMs = 86_400_000;
const least = (values: readonly number[], start: number) => values.reduce((a, b) => Math.min(a, b), start);
const most = (values: readonly number[], start: number) => values.reduce((a, b) => Math.max(a, b), start);

function reaches({ startMs, endMs }: Pick<Finding, 'startMs' | 'endMs'>, { from, to }: { from: number; to: number }) {
  return startMs < to && (endMs === null || endMs >= from);
}

interface Settling {
  groups: readonly (readonly Finding[])[];
  /** What calls cost, by the first finding of the group. */
  calls: ReadonlyMap<string, MeasuredCalls>;
  stored: readonly IncidentRow[];
  /** When people resolved incidents. */
  resolved: ReadonlyMap<string, number>;
  fleet: Fleet;
  core: { from: number; to: number };
  tenant: string;
  asOf: number;
  until: number;
}

/** Finds for each group the incident that it was, and yields the rows that changed. */
function* settle({ groups, calls, stored, resolved, fleet, core, tenant, asOf, until }: Settling): Generator<Row> {
  const incidentOf = new Map<string, IncidentRow>();
  for (const incident of stored) {
    if (!incident.withdrawn && incident.merged_into === '') {
      for (const { id } of incident.findings) incidentOf.set(id, incident);
    }
  }
  const byId = new Map(stored.map((incident) => [incident.id, incident]));
  const taken = new Map<string, string>();
  for (const group of groups.flatMap((each) => splitResolved(each, incidentOf, resolved))) {
    const before = [...new Set(group.flatMap(({ id }) => incidentOf.get(id) ?? []))];
    const free = before.filter(({ id }) => !taken.has(id));
    const id = free[0]?.id ?? idOf(tenant, group[0]!);
    for (const incident of free) taken.set(incident.id, id);
    taken.set(id, id);
    const row = toRow(group, fleet, calls.get(group[0]!.id), { tenant, id, before: byId.get(id), asOf, until });
    if (row !== undefined) yield row;
  }
  for (const incident of stored) {
    if (incident.withdrawn || incident.merged_into !== '') continue;
    const into = taken.get(incident.id);
    if (into === incident.id) continue;
    const gone = into === undefined && incident.findings.every((finding) => reaches(finding, core));
    if (into === undefined && !gone) continue;
    yield toEnded(incident, { tenant, into: into ?? '', asOf, until });
  }
}

/** What began after a person had resolved the incident is apart from it. */
function splitResolved(
  group: readonly Finding[],
  incidentOf: ReadonlyMap<string, IncidentRow>,
  resolved: ReadonlyMap<string, number>,
): (readonly Finding[])[] {
  const times = group.flatMap(({ id }) => resolved.get(incidentOf.get(id)?.id ?? '') ?? []);
  if (times.length === 0) return [group];
  const at = Math.max(...times);
  const isBefore = (finding: Finding) => finding.startMs < at;
  return [group.filter(isBefore), group.filter((finding) => !isBefore(finding))].filter((part) => part.length > 0);
}

/** The name of an incident that was none before: of its first finding. */
function idOf(tenant: string, { id }: Finding): string {
  return createHash('sha256').update(`${tenant}\0${id}`).digest('hex').slice(0, 16);
}

interface RowContext {
  tenant: string;
  id: string;
  before: IncidentRow | undefined;
  asOf: number;
  until: number;
}

/** The row of a group; undefined when the stored one says the same. */
function toRow(
  group: readonly Finding[],
  fleet: Fleet,
  calls: MeasuredCalls | undefined,
  { tenant, id, before, asOf, until }: RowContext,
): Row | undefined {
  const description = describeIncident(group, fleet, calls);
  const row: Row = {
    tenant,
    incident_id: id,
    created_at: before?.created_at ?? asOf,
    started_at: description.startMs,
    peak_at: description.peakMs,
    ended_at: description.endMs,
    cause: description.cause,
    severity: description.severity,
    title: description.title,
    peak_score: description.peakScore,
    maturity: description.maturity,
    finding_count: group.length,
    agents: JSON.stringify(description.agents.slice(0, maxKept)),
    metrics: JSON.stringify(description.metrics.slice(0, maxKept)),
    types: JSON.stringify(description.types),
    suspects: JSON.stringify(description.suspects),
    findings: JSON.stringify(group.slice(0, maxKept).map(toStored)),
    merged_into: '',
    withdrawn: 0,
    as_of: Math.max(asOf, before?.as_of ?? 0),
    until,
  };
  return before !== undefined && isSame(row, toEnded(before, { tenant, into: before.merged_into, asOf, until }), before)
    ? undefined
    : row;
}

function toStored(finding: Finding): StoredFinding {
  const { id, kind, agent, type, taskKind, metric, seriesId, startMs, endMs, peakMs, score, maturity, reason } =
    finding;
  return { id, kind, agent, type, taskKind, metric, seriesId, startMs, endMs, peakMs, score, maturity, reason };
}

/** Whether a row says what is stored already. */
function isSame(row: Row, stored: Row, before: IncidentRow): boolean {
  if (before.withdrawn || before.merged_into !== '') return false;
  const { as_of: _, until: __, withdrawn: ___, ...rest } = row;
  return Object.entries(rest).every(([name, value]) => stored[name as keyof Row] === value);
}

/** The row of an incident that is no more: withdrawn, or a part of another. */
function toEnded(
  incident: IncidentRow,
  { into, ...context }: Omit<RowContext, 'id' | 'before'> & { into: string },
): Row {
  return { ...toRowAsIs(incident, context), merged_into: into, withdrawn: into === '' ? 1 : 0 };
}

function toRowAsIs(
  { id, agents, metrics, types, suspects, findings, as_of, withdrawn, ...rest }: IncidentRow,
  { tenant, asOf, until }: Omit<RowContext, 'id' | 'before'>,
): Row {
  return {
    tenant,
    incident_id: id,
    ...rest,
    agents: JSON.stringify(agents),
    metrics: JSON.stringify(metrics),
    types: JSON.stringify(types),
    suspects: JSON.stringify(suspects),
    findings: JSON.stringify(findings),
    withdrawn: Number(withdrawn),
    as_of: Math.max(asOf, as_of),
    until,
  };
}
