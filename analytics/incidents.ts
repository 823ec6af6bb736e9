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
import { isAlive, nameGroups } from './name-incidents.ts';
import { endOutdated, readOutdated } from './outdated-incidents.ts';
import { readCalls } from './read-calls.ts';
import { type Fleet, oldestFindingMs, readFindings, readFleet, withObservedDependencies } from './read-findings.ts';

type Row = RowOf<typeof incidentsTable>;

export const incidentsJobId = 'incidents';

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
    id: incidentsJobId,
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
  const connected = await connectedGroups(telemetry, tenant.id, known, core);
  const stored = await telemetry.query(incidentsOverlapping, { tenant: tenant.id, ...connected.range });
  const until = window.retainFromDay + tenant.rollupRetentionDays;
  const context = { tenant: tenant.id, asOf: window.to, until };
  // What began before everything that is read anew cannot be grouped any more.
  const past = outdated.filter(({ started_at }) => started_at < core.from);
  const settled = stored.filter(({ id }) => !past.some((incident) => incident.id === id));
  const rows = await settleGroups(telemetry, connected, { stored: settled, resolved, core, ...context });
  return [...rows, ...past.map((incident) => toRowAsIs(endOutdated(incident), context))];
}

export interface RegroupOptions {
  /** What is grouped anew goes on in this time. */
  core: { from: number; to: number };
  /** Only incidents and groups that one of these findings is, or was, a part of. */
  findings: ReadonlySet<string>;
  resolved: ReadonlyMap<string, number>;
  asOf: number;
  until: number;
}

/** The rows that must be written so that the incidents of some findings are what the findings say now. */
export async function regroupFindings(
  telemetry: TelemetryStore,
  tenant: string,
  { core, findings, ...context }: RegroupOptions,
): Promise<{ rows: Row[]; stored: IncidentRow[] }> {
  const known = await readFleet(telemetry, tenant, core.from);
  const connected = await connectedGroups(telemetry, tenant, known, core);
  const all = await telemetry.query(incidentsOverlapping, { tenant, ...connected.range });
  const touched = new Set(findings);
  const isTouched = (part: readonly { id: string }[]) => part.some(({ id }) => touched.has(id));
  for (const incident of all)
    if (isAlive(incident) && incident.findings.some(({ id }) => findings.has(id)))
      for (const { id } of incident.findings) touched.add(id);
  const groups = connected.groups.filter(isTouched);
  for (const { id } of groups.flat()) touched.add(id);
  const stored = all.filter((incident) => isTouched(incident.findings));
  const rows = await settleGroups(telemetry, { ...connected, groups }, { stored, core, tenant, ...context });
  return { rows, stored };
}

async function settleGroups(
  telemetry: TelemetryStore,
  { groups, fleet }: Connected,
  rest: Omit<Settling, 'groups' | 'fleet' | 'calls'>,
): Promise<Row[]> {
  const calls = await readCalls(telemetry, rest.tenant, groups, fleet);
  return [...settle({ groups, fleet, calls, ...rest })];
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
  const parts = groups.flatMap((each) => splitResolved(each, stored, resolved));
  const names = nameGroups(tenant, parts, stored);
  const byId = new Map(stored.map((incident) => [incident.id, incident]));
  for (const [i, group] of parts.entries()) {
    const id = names.ids[i]!;
    const row = toRow(group, fleet, calls.get(group[0]!.id), { tenant, id, before: byId.get(id), asOf, until });
    if (row !== undefined) yield row;
  }
  for (const incident of stored) {
    if (!isAlive(incident)) continue;
    const into = names.becameOf.get(incident.id);
    if (into === incident.id) continue;
    const gone = into === undefined && incident.findings.every((finding) => reaches(finding, core));
    if (into === undefined && !gone) continue;
    yield toEnded(incident, { tenant, into: into ?? '', asOf, until });
  }
}

/** What began after a person had resolved the incident is apart from it. */
function splitResolved(
  group: readonly Finding[],
  stored: readonly IncidentRow[],
  resolved: ReadonlyMap<string, number>,
): (readonly Finding[])[] {
  if (resolved.size === 0) return [group];
  const ids = new Set(group.map(({ id }) => id));
  const times = stored
    .filter((incident) => isAlive(incident) && incident.findings.some(({ id }) => ids.has(id)))
    .flatMap(({ id }) => resolved.get(id) ?? []);
  if (times.length === 0) return [group];
  const at = Math.max(...times);
  const isBefore = (finding: Finding) => finding.startMs < at;
  return [group.filter(isBefore), group.filter((finding) => !isBefore(finding))].filter((part) => part.length > 0);
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
