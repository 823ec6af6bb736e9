import { createRoute, z } from '@hono/zod-openapi';
import { type AnomalyRow, listAnomalies, scoresOfSeries } from '../store/queries/detection.ts';
import { incidentsOfFinding } from '../store/queries/incidents.ts';
import { listFeedback } from '../store/records/feedback.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { anomalySchema, anyAnomaly, findAnomaly, toAnomaly } from './anomaly.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { feedbackSchema, toFeedback } from './feedback.ts';
import { pageOf, pageQuery, paginate, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { finiteOrNull, seriesIdValue, timeQuery } from './values.ts';

const column = z.array(z.number().nullable());
const anomalyDetailSchema = anomalySchema
  .extend({
    band: z
      .object({
        stepSeconds: z.number().openapi({ description: 'The length of the buckets that were scored.' }),
        times: z.array(z.number()).openapi({ description: 'Unix milliseconds, ascending.' }),
        values: column,
        scores: column,
        expected: column,
        lower: column,
        upper: column,
      })
      .openapi({ description: 'The series around the anomaly, with what was expected of it.' }),
    heldBackFor: feedbackSchema.nullable().openapi({ description: 'What was said, for which nobody is told of it.' }),
    incidents: z.array(z.object({ id: z.string(), title: z.string() })),
  })
  .openapi('AnomalyDetail');

const listRoute = createRoute({
  method: 'get',
  path: '/v1/anomalies',
  summary: 'List anomalies, newest first',
  tags: ['anomalies'],
  middleware: requireScope('read'),
  request: {
    query: z.object({
      ...pageQuery,
      series: seriesIdValue.optional(),
      metric: z.string().default(''),
      agent: z.string().default(''),
      open: z.enum(['true', 'false']).optional(),
      from: timeQuery.optional(),
      to: timeQuery.optional(),
      heldBack: z
        .enum(['true', 'false'])
        .default('false')
        .openapi({ description: 'Those of which nobody is told, because of feedback on a similar one.' }),
      minScore: z.coerce.number().min(0).default(0),
    }),
  },
  responses: {
    200: { description: 'Anomalies', content: { 'application/json': { schema: pageOf(anomalySchema) } } },
    ...problemResponses,
  },
});

const oneRoute = createRoute({
  method: 'get',
  path: '/v1/anomalies/{id}',
  summary: 'One anomaly with the points and the band around it',
  tags: ['anomalies'],
  middleware: requireScope('read'),
  request: { params: z.object({ id: z.string().max(100) }) },
  responses: {
    200: { description: 'Anomaly', content: { 'application/json': { schema: anomalyDetailSchema } } },
    ...problemResponses,
  },
});

/** `GET /v1/anomalies`, `GET /v1/anomalies/{id}`. */
export function createAnomaliesRoutes({ telemetry, state }: { telemetry: TelemetryStore; state: StateStore }) {
  return createRouter()
    .openapi(listRoute, async (context) => {
      const {
        limit,
        cursor,
        open,
        heldBack,
        series = '',
        from = anyAnomaly.from,
        to = anyAnomaly.to,
        ...filters
      } = context.req.valid('query');
      const [beforeTime, beforeId] = readCursor(cursor, z.tuple([z.number().int(), z.string()]), [
        anyAnomaly.beforeTime,
        '',
      ]);
      const rows = await telemetry.query(listAnomalies, {
        ...anyAnomaly,
        ...filters,
        tenant: context.get('principal').tenant,
        series,
        from,
        to,
        open: open === undefined ? anyAnomaly.open : Number(open === 'true'),
        heldBack: Number(heldBack === 'true'),
        beforeTime,
        beforeId,
        limit: limit + 1,
      });
      return context.json(
        paginate(rows, limit, (row) => [row.started_at, row.id], toAnomaly),
        200,
      );
    })
    .openapi(oneRoute, async (context) => {
      const { tenant } = context.get('principal');
      const row = await findAnomaly(telemetry, tenant, context.req.valid('param').id);
      const [feedback, band, incidents] = await Promise.all([
        row.held_back_by === '' ? [] : listFeedback(state, tenant, { series: row.series_id }),
        readBand(telemetry, tenant, row),
        telemetry.query(incidentsOfFinding, { tenant, finding: row.id, at: row.started_at }),
      ]);
      const held = feedback.find(({ id }) => id === row.held_back_by);
      return context.json({ ...toAnomaly(row), band, heldBackFor: held ? toFeedback(held) : null, incidents }, 200);
    });
}

const minuteMs = 60_000;
/** So many buckets before and after an anomaly show what was ordinary, and no more of a long one are read. */
const around = 180;
const longest = 2880;

async function readBand(telemetry: TelemetryStore, tenant: string, row: AnomalyRow) {
  const stepMs = row.step_seconds * 1000;
  const from = row.started_at - around * stepMs;
  const to = Math.min((row.ended_at ?? row.peak_at + longest * stepMs) + around * stepMs, from + longest * stepMs);
  const range = { from: Math.max(0, from), to: to + minuteMs, detector: row.detector };
  const [own] = await telemetry.query(scoresOfSeries, { tenant, id: row.series_id, ...range });
  const isKept = own !== undefined && own.times.length > 0;
  // A detector that has taken over may know of a beginning that another one scored.
  const anyRange = { ...range, detector: '' };
  const [columns] = isKept ? [own] : await telemetry.query(scoresOfSeries, { tenant, id: row.series_id, ...anyRange });
  const finite = (name: 'values' | 'scores' | 'expected' | 'lower' | 'upper') =>
    (columns?.[name] ?? []).map(finiteOrNull);
  return {
    stepSeconds: row.step_seconds,
    times: columns?.times ?? [],
    values: finite('values'),
    scores: finite('scores'),
    expected: finite('expected'),
    lower: finite('lower'),
    upper: finite('upper'),
  };
}
