import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { incidentCauses, severities } from '../models/incidents/describe-incident.ts';
import { findingKinds } from '../models/incidents/finding.ts';
import { similarity } from '../models/incidents/similarity.ts';
import {
  type IncidentRow,
  type IncidentSummaryRow,
  incidentById,
  listIncidents,
  type StoredFinding,
} from '../store/queries/incidents.ts';
import { recordAudit } from '../store/records/audit.ts';
import {
  type IncidentAction,
  type IncidentActionRecord,
  incidentActions,
  listIncidentActions,
  recordIncidentAction,
  resolutions,
} from '../store/records/incident-actions.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { AppError } from '../telemetry/errors.ts';
import { actorOf } from './actor.ts';
import { requireScope } from './auth.ts';
import { limitBody } from './body-limit.ts';
import { type AppEnvironment, createRouter } from './context.ts';
import { pageOf, pageQuery, paginate, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { inOrder, rangeQuery } from './time-range.ts';
import { finiteOrNull, isoTime, toIso } from './values.ts';

const statuses = ['open', 'acknowledged', 'resolved', 'ended', 'merged', 'withdrawn'] as const;

const incidentSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    status: z.enum(statuses).openapi({
      description:
        '`ended` when nothing of it goes on, `resolved` when a person said so; a `merged` one is a part of another.',
    }),
    severity: z.enum(severities).openapi({ description: 'Capped while its detectors have seen little.' }),
    cause: z.enum(incidentCauses),
    startedAt: isoTime,
    peakAt: isoTime,
    endedAt: isoTime.nullable(),
    peakScore: z.number().nullable(),
    maturity: z.number(),
    findingCount: z.number().int(),
    agents: z.array(z.string()),
    types: z.array(z.string()),
    metrics: z.array(z.string()),
    suspects: z
      .array(z.object({ component: z.string(), score: z.number(), reasons: z.array(z.string()) }))
      .openapi({ description: 'What may have caused it, the likeliest first; the scores of all sum to 1.' }),
    mergedInto: z.string().nullable(),
  })
  .openapi('Incident');

const findingSchema = z
  .object({
    id: z.string().openapi({ description: 'Of an anomaly, its id.' }),
    kind: z.enum(findingKinds),
    agent: z.string(),
    type: z.string(),
    taskKind: z.string(),
    metric: z.string(),
    seriesId: z.string().nullable(),
    startedAt: isoTime,
    endedAt: isoTime.nullable(),
    peakAt: isoTime,
    score: z.number(),
    maturity: z.number(),
    reason: z.string(),
  })
  .openapi('Finding');

const detailSchema = incidentSchema
  .extend({
    findings: z.array(findingSchema).openapi({ description: 'The first 500, by their start.' }),
    actions: z.array(z.object({ action: z.enum(incidentActions), actor: z.string(), note: z.string(), at: isoTime })),
    similar: z
      .array(
        incidentSchema
          .pick({ id: true, title: true, startedAt: true, endedAt: true })
          .extend({ similarity: z.number() }),
      )
      .openapi({ description: 'Earlier incidents of the same cause, metrics, types and suspect.' }),
  })
  .openapi('IncidentDetail');

const tags = ['incidents'];
const listRoute = createRoute({
  method: 'get',
  path: '/v1/incidents',
  summary: 'List incidents, newest first',
  tags,
  middleware: requireScope('read'),
  request: {
    query: inOrder(
      z.object({
        ...pageQuery,
        open: z.enum(['true', 'false']).optional(),
        severity: z.enum(severities).optional(),
        cause: z.enum(incidentCauses).optional(),
        agent: z.string().default(''),
        type: z.string().default(''),
        metric: z.string().default(''),
        ...rangeQuery,
      }),
    ),
  },
  responses: {
    200: { description: 'Incidents', content: { 'application/json': { schema: pageOf(incidentSchema) } } },
    ...problemResponses,
  },
});

const params = z.object({ id: z.string().max(100) });
const detailRoute = createRoute({
  method: 'get',
  path: '/v1/incidents/{id}',
  summary: 'One incident with its findings, what was done about it, and similar ones before it',
  tags,
  middleware: requireScope('read'),
  request: { params },
  responses: {
    200: { description: 'Incident', content: { 'application/json': { schema: detailSchema } } },
    ...problemResponses,
  },
});

const actionRoute = (path: string, summary: string, description: string) =>
  createRoute({
    method: 'post',
    path: `/v1/incidents/{id}/${path}`,
    summary,
    description,
    tags,
    middleware: [requireScope('operate'), limitBody()] as const,
    request: {
      params,
      body: {
        content: { 'application/json': { schema: z.strictObject({ note: z.string().max(1000).default('') }) } },
      },
    },
    responses: {
      200: { description: 'Incident', content: { 'application/json': { schema: incidentSchema } } },
      ...problemResponses,
    },
  });
const acknowledgeRoute = actionRoute('acknowledge', 'Say that somebody looks after an incident', 'It stays open.');
const resolveRoute = actionRoute(
  'resolve',
  'Say that an incident is over',
  'What is found after this belongs to another incident.',
);

const latest = 8_000_000_000_000;

/** `GET /v1/incidents`, `GET /v1/incidents/{id}`, `POST /v1/incidents/{id}/acknowledge` and `/resolve`. */
export function createIncidentsRoutes({
  telemetry,
  state,
  now,
}: {
  telemetry: TelemetryStore;
  state: StateStore;
  now: () => Date;
}) {
  async function find(tenant: string, id: string): Promise<IncidentRow> {
    const [row] = await telemetry.query(incidentById, { tenant, id });
    if (row === undefined) throw new AppError('not_found', `no incident ${JSON.stringify(id)}`);
    return row;
  }

  async function act(context: Context<AppEnvironment>, id: string, action: IncidentAction, note: string) {
    const { tenant, name: actor } = context.get('principal');
    const row = await find(tenant, id);
    if (row.merged_into !== '') throw new AppError('conflict', `the incident has become a part of ${row.merged_into}`);
    if (row.withdrawn) throw new AppError('conflict', 'the incident was withdrawn');
    const at = now().getTime();
    await state.db.transaction().execute(async (db) => {
      await recordIncidentAction({ db }, tenant, { incident: id, action, actor, note, at });
      const what = { action: `incident.${action}` as const, target: id, details: { note } };
      await recordAudit({ db }, actorOf(context), what, now());
    });
    return toIncident(row, await listIncidentActions(state, tenant, { incidents: [id] }));
  }

  return createRouter()
    .openapi(listRoute, async (context) => {
      const {
        limit,
        cursor,
        open,
        severity = '',
        cause = '',
        from = 0,
        to = latest,
        ...filters
      } = context.req.valid('query');
      const { tenant } = context.get('principal');
      const [beforeTime, beforeId] = readCursor(cursor, z.tuple([z.number().int(), z.string()]), [latest, '']);
      const rows = await telemetry.query(listIncidents, {
        ...{ tenant, ...filters, severity, cause, from, to, beforeTime, beforeId, limit: limit + 1 },
        open: open === undefined ? 2 : Number(open === 'true'),
        resolved: [...(await resolutions(state, tenant, now().getTime())).keys()],
      });
      const actions = await listIncidentActions(state, tenant, { incidents: rows.map(({ id }) => id) });
      const byIncident = Map.groupBy(actions, ({ incident }) => incident);
      const page = paginate(
        rows,
        limit,
        (row) => [row.started_at, row.id],
        (row) => toIncident(row, byIncident.get(row.id) ?? []),
      );
      return context.json(page, 200);
    })
    .openapi(detailRoute, async (context) => {
      const { tenant } = context.get('principal');
      const row = await find(tenant, context.req.valid('param').id);
      const actions = await listIncidentActions(state, tenant, { incidents: [row.id] });
      const body = {
        ...toIncident(row, actions),
        findings: row.findings.map(toFinding),
        actions: actions.map(({ incident: _, at, ...action }) => ({ ...action, at: toIso(at) })),
        similar: await similarBefore(telemetry, tenant, row),
      };
      return context.json(body, 200);
    })
    .openapi(acknowledgeRoute, async (context) => {
      const { note } = context.req.valid('json');
      return context.json(await act(context, context.req.valid('param').id, 'acknowledged', note), 200);
    })
    .openapi(resolveRoute, async (context) => {
      const { note } = context.req.valid('json');
      return context.json(await act(context, context.req.valid('param').id, 'resolved', note), 200);
    });
}

const leastSimilarity = 0.5;
const mostSimilar = 5;
const ninetyDaysMs = 90 * 86_400_000;

async function similarBefore(telemetry: TelemetryStore, tenant: string, row: IncidentRow) {
  const any = { severity: '', cause: row.cause, agent: '', type: '', metric: '', open: 2, resolved: [], limit: 500 };
  const range = { from: row.started_at - ninetyDaysMs, to: row.started_at, beforeTime: row.started_at, beforeId: '' };
  const earlier = await telemetry.query(listIncidents, { tenant, ...any, ...range, from: Math.max(0, range.from) });
  return earlier
    .map((other) => ({ other, similarity: similarity(row, other) }))
    .filter(({ other, similarity }) => other.id !== row.id && similarity >= leastSimilarity)
    .sort((a, b) => b.similarity - a.similarity || b.other.started_at - a.other.started_at)
    .slice(0, mostSimilar)
    .map(({ other: { id, title, started_at, ended_at }, similarity }) => ({
      ...{ id, title, similarity, startedAt: toIso(started_at) },
      endedAt: ended_at === null ? null : toIso(ended_at),
    }));
}

function toIncident(row: IncidentSummaryRow, actions: readonly IncidentActionRecord[]) {
  const { id, title, maturity, agents, types, metrics, suspects } = row;
  return {
    ...{ id, title, status: statusOf(row, actions), maturity, agents, types, metrics, suspects },
    severity: row.severity,
    cause: row.cause,
    startedAt: toIso(row.started_at),
    peakAt: toIso(row.peak_at),
    endedAt: row.ended_at === null ? null : toIso(row.ended_at),
    peakScore: finiteOrNull(row.peak_score),
    findingCount: row.finding_count,
    mergedInto: row.merged_into === '' ? null : row.merged_into,
  };
}

function statusOf(
  { withdrawn, merged_into, ended_at }: IncidentSummaryRow,
  actions: readonly IncidentActionRecord[],
): (typeof statuses)[number] {
  const was = (action: IncidentAction) => actions.some((each) => each.action === action);
  if (merged_into !== '') return 'merged';
  if (withdrawn) return 'withdrawn';
  if (was('resolved')) return 'resolved';
  if (ended_at !== null) return 'ended';
  return was('acknowledged') ? 'acknowledged' : 'open';
}

function toFinding({ seriesId, startMs, endMs, peakMs, ...finding }: StoredFinding) {
  return {
    ...finding,
    seriesId: seriesId === '' ? null : seriesId,
    startedAt: toIso(startMs),
    endedAt: endMs === null ? null : toIso(endMs),
    peakAt: toIso(peakMs),
  };
}
