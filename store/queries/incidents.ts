import { z } from 'zod';
import { incidentCauses, severities } from '../../models/incidents/describe-incident.ts';
import { findingKinds } from '../../models/incidents/finding.ts';
import { defineQuery } from '../query.ts';
import { float, integer, milliseconds, time } from './columns.ts';

const json = <T extends z.ZodType>(schema: T) =>
  z.string().transform((text): z.output<T> => schema.parse(JSON.parse(text)));

/** A finding as an incident keeps it. Times are Unix milliseconds. */
const findingSchema = z.object({
  id: z.string(),
  kind: z.enum(findingKinds),
  agent: z.string(),
  type: z.string(),
  taskKind: z.string(),
  metric: z.string(),
  seriesId: z.string(),
  startMs: z.number(),
  endMs: z.number().nullable(),
  peakMs: z.number(),
  score: z.number(),
  maturity: z.number(),
  reason: z.string(),
});
export type StoredFinding = z.output<typeof findingSchema>;

const names = json(z.array(z.string()));
const suspects = json(z.array(z.object({ component: z.string(), score: z.number(), reasons: z.array(z.string()) })));

const columns = `i.incident_id AS id, ${milliseconds('i.created_at')} AS created_at, ${milliseconds('i.started_at')} AS started_at,
    ${milliseconds('i.peak_at')} AS peak_at, toUnixTimestamp64Milli(i.ended_at) AS ended_at, i.cause AS cause, i.severity AS severity, i.title AS title,
    i.peak_score AS peak_score, i.maturity AS maturity, i.finding_count AS finding_count, i.agents AS agents, i.metrics AS metrics, i.types AS types,
    i.suspects AS suspects, i.merged_into AS merged_into, i.withdrawn AS withdrawn, ${milliseconds('i.as_of')} AS as_of`;

const summaryRow = z.object({
  id: z.string(),
  created_at: integer,
  started_at: integer,
  peak_at: integer,
  ended_at: integer.nullable(),
  cause: z.enum(incidentCauses),
  severity: z.enum(severities),
  title: z.string(),
  peak_score: float,
  maturity: z.number(),
  finding_count: z.number(),
  agents: names,
  metrics: names,
  types: names,
  suspects,
  merged_into: z.string(),
  withdrawn: z.number().transform(Boolean),
  as_of: integer,
});
export type IncidentSummaryRow = z.output<typeof summaryRow>;

const wholeRow = summaryRow.extend({ findings: json(z.array(findingSchema)) });
export type IncidentRow = z.output<typeof wholeRow>;

/** The incidents that overlap `[from, to)`, with their findings; merged and withdrawn ones too. */
export const incidentsOverlapping = defineQuery({
  name: 'incidents_overlapping',
  sql: `SELECT ${columns}, i.findings AS findings FROM incidents AS i FINAL
  WHERE i.tenant = {tenant:String} AND i.started_at < ${time('to')} AND (i.ended_at IS NULL OR i.ended_at >= ${time('from')})
  ORDER BY i.started_at, i.incident_id`,
  params: z.object({ tenant: z.string(), from: z.number().int(), to: z.number().int() }),
  row: wholeRow,
});

/** The incidents that go on as far as is known, with their findings. */
export const unendedIncidents = defineQuery({
  name: 'unended_incidents',
  sql: `SELECT ${columns}, i.findings AS findings FROM incidents AS i FINAL
  WHERE i.tenant = {tenant:String} AND i.withdrawn = 0 AND i.merged_into = '' AND i.ended_at IS NULL
  ORDER BY i.started_at, i.incident_id LIMIT 10000`,
  params: z.object({ tenant: z.string() }),
  row: wholeRow,
});

/** One incident by its id, merged or withdrawn too. */
export const incidentById = defineQuery({
  name: 'incident_by_id',
  sql: `SELECT ${columns}, i.findings AS findings FROM incidents AS i FINAL WHERE i.tenant = {tenant:String} AND i.incident_id = {id:String}`,
  params: z.object({ tenant: z.string(), id: z.string() }),
  row: wholeRow,
});

/** Incidents newest first, by any of the filters (empty: any), after a cursor of (start, id); merged and withdrawn ones left out. */
export const listIncidents = defineQuery({
  name: 'list_incidents',
  sql: `SELECT ${columns} FROM incidents AS i FINAL
  WHERE i.tenant = {tenant:String} AND i.withdrawn = 0 AND i.merged_into = ''
    AND ({severity:String} = '' OR i.severity = {severity:String})
    AND ({cause:String} = '' OR i.cause = {cause:String})
    AND ({agent:String} = '' OR has(JSONExtract(i.agents, 'Array(String)'), {agent:String}))
    AND ({type:String} = '' OR has(JSONExtract(i.types, 'Array(String)'), {type:String}))
    AND ({metric:String} = '' OR has(JSONExtract(i.metrics, 'Array(String)'), {metric:String}))
    AND i.started_at < ${time('to')} AND (i.ended_at IS NULL OR i.ended_at >= ${time('from')})
    AND ({open:UInt8} = 2 OR (i.ended_at IS NULL AND NOT has({resolved:Array(String)}, i.incident_id)) = {open:UInt8})
    AND (i.started_at, i.incident_id) < (${time('beforeTime')}, {beforeId:String})
  ORDER BY i.started_at DESC, i.incident_id DESC LIMIT {limit:UInt32}`,
  params: z.object({
    tenant: z.string(),
    severity: z.string(),
    cause: z.string(),
    agent: z.string(),
    type: z.string(),
    metric: z.string(),
    from: z.number().int(),
    to: z.number().int(),
    /** 1 open, 0 over, 2 either. */
    open: z.number().int(),
    /** Those that a person has resolved. */
    resolved: z.array(z.string()),
    beforeTime: z.number().int(),
    beforeId: z.string(),
    limit: z.number().int(),
  }),
  row: summaryRow,
});

/** How many incidents of a tenant are open, by severity; `resolved` by a person are not. */
export const countOpenIncidents = defineQuery({
  name: 'count_open_incidents',
  sql: `SELECT severity, count() AS open FROM incidents FINAL
  WHERE tenant = {tenant:String} AND withdrawn = 0 AND merged_into = '' AND ended_at IS NULL AND NOT has({resolved:Array(String)}, incident_id)
  GROUP BY severity`,
  params: z.object({ tenant: z.string(), resolved: z.array(z.string()) }),
  row: z.object({ severity: z.enum(severities), open: integer }),
});

/** The incidents that overlap `[from, to]` and that one of some findings is, or was, a part of. */
export const incidentsOfFindings = defineQuery({
  name: 'incidents_of_findings',
  sql: `SELECT ${columns}, i.findings AS findings FROM incidents AS i FINAL
  WHERE i.tenant = {tenant:String} AND i.started_at <= ${time('to')} AND (i.ended_at IS NULL OR i.ended_at >= ${time('from')})
    AND hasAny(arrayMap(finding -> JSONExtractString(finding, 'id'), JSONExtractArrayRaw(i.findings)), {ids:Array(String)})
  ORDER BY i.started_at, i.incident_id`,
  params: z.object({ tenant: z.string(), from: z.number().int(), to: z.number().int(), ids: z.array(z.string()) }),
  row: wholeRow,
});

/** The incidents that a finding, which began at `at`, is a part of. */
export const incidentsOfFinding = defineQuery({
  name: 'incidents_of_finding',
  sql: `SELECT incident_id AS id, title FROM incidents AS i FINAL
  WHERE i.tenant = {tenant:String} AND i.withdrawn = 0 AND i.merged_into = '' AND i.started_at <= ${time('at')} AND (i.ended_at IS NULL OR i.ended_at >= ${time('at')})
    AND position(i.findings, concat('"id":"', {finding:String}, '"')) > 0`,
  params: z.object({ tenant: z.string(), finding: z.string(), at: z.number().int() }),
  row: z.object({ id: z.string(), title: z.string() }),
});
