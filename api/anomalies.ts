import { createRoute, z } from '@hono/zod-openapi';
import { type Explainer, LanguageModelError } from '../models/language/explainer.ts';
import { type AnomalyRow, listAnomalies } from '../store/queries/detection.ts';
import { pointsOfSeries } from '../store/queries/points.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { AppError } from '../telemetry/errors.ts';
import type { Health } from '../telemetry/health.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { pageOf, pageQuery, paginate, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { finiteOrNull, isoTime, labelsValue, seriesIdValue, timeQuery, toIso } from './values.ts';

const nullableNumber = z.number().nullable();
const anomalySchema = z
  .object({
    id: z.string(),
    seriesId: z.string(),
    metric: z.string(),
    labels: labelsValue,
    unit: z.string(),
    detector: z.string(),
    startedAt: isoTime,
    endedAt: isoTime.nullable().openapi({ description: 'Null while it is open.' }),
    peakAt: isoTime,
    peakScore: nullableNumber.openapi({ description: 'Above 1.' }),
    peakValue: nullableNumber,
    expected: nullableNumber,
    lower: nullableNumber,
    upper: nullableNumber,
    maturity: z.number().openapi({ description: 'How much the detector had seen by then, 0 to 1.' }),
    reason: z.string(),
  })
  .openapi('Anomaly');
const explanationSchema = z.object({ text: z.string(), model: z.string() }).openapi('Explanation');

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
  summary: 'One anomaly',
  tags: ['anomalies'],
  middleware: requireScope('read'),
  request: { params: z.object({ id: z.string().max(100) }) },
  responses: {
    200: { description: 'Anomaly', content: { 'application/json': { schema: anomalySchema } } },
    ...problemResponses,
  },
});

const explainRoute = createRoute({
  method: 'post',
  path: '/v1/anomalies/{id}/explanation',
  summary: 'Let the language model of the settings put the facts of an anomaly into words',
  tags: ['anomalies'],
  middleware: requireScope('read'),
  request: { params: z.object({ id: z.string().max(100) }) },
  responses: {
    200: { description: 'Explanation', content: { 'application/json': { schema: explanationSchema } } },
    ...problemResponses,
  },
});

const everything = {
  id: '',
  series: '',
  metric: '',
  agent: '',
  from: 0,
  to: 8_000_000_000_000,
  minScore: 0,
  open: 2,
  beforeTime: 8_000_000_000_000,
  beforeId: '',
};

export interface AnomaliesRoutesDeps {
  telemetry: TelemetryStore;
  /** Undefined where no language model is configured. */
  explainer: Explainer | undefined;
  health: Health;
}

/** `GET /v1/anomalies`, `GET /v1/anomalies/{id}`, `POST /v1/anomalies/{id}/explanation`. */
export function createAnomaliesRoutes({ telemetry, explainer, health }: AnomaliesRoutesDeps) {
  async function find(tenant: string, id: string): Promise<AnomalyRow> {
    const [row] = await telemetry.query(listAnomalies, { ...everything, tenant, id, limit: 1 });
    if (row === undefined) throw new AppError('not_found', `no anomaly ${JSON.stringify(id)}`);
    return row;
  }

  return createRouter()
    .openapi(listRoute, async (context) => {
      const {
        limit,
        cursor,
        open,
        series = '',
        from = everything.from,
        to = everything.to,
        ...filters
      } = context.req.valid('query');
      const [beforeTime, beforeId] = readCursor(cursor, z.tuple([z.number().int(), z.string()]), [
        everything.beforeTime,
        '',
      ]);
      const rows = await telemetry.query(listAnomalies, {
        ...everything,
        ...filters,
        tenant: context.get('principal').tenant,
        series,
        from,
        to,
        open: open === undefined ? everything.open : Number(open === 'true'),
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
      return context.json(toAnomaly(await find(context.get('principal').tenant, context.req.valid('param').id)), 200);
    })
    .openapi(explainRoute, async (context) => {
      if (explainer === undefined)
        throw new AppError('unavailable', 'no language model is configured; see language.provider in the settings');
      const { tenant } = context.get('principal');
      const row = await find(tenant, context.req.valid('param').id);
      try {
        const explanation = await explainer.explain(await factsOf(telemetry, tenant, row), {
          signal: context.req.raw.signal,
        });
        health.recover('language');
        return context.json(explanation, 200);
      } catch (cause) {
        if (!(cause instanceof LanguageModelError)) throw cause;
        health.degrade('language', cause.message);
        throw new AppError('unavailable', cause.message, { cause, retryAfterSeconds: 30 });
      }
    });
}

const hourMs = 3_600_000;

async function factsOf(telemetry: TelemetryStore, tenant: string, row: AnomalyRow) {
  const range = { from: row.peak_at - hourMs, to: row.peak_at + 60_000 };
  const [points] = await telemetry.query(pointsOfSeries.minute, { tenant, id: row.series_id, ...range });
  const others = await telemetry.query(listAnomalies, {
    ...everything,
    tenant,
    from: row.started_at,
    to: row.peak_at + 1,
    limit: 10,
  });
  return {
    metric: row.metric,
    unit: row.unit,
    labels: row.labels,
    startedAt: new Date(row.started_at),
    endedAt: row.ended_at === null ? null : new Date(row.ended_at),
    peakAt: new Date(row.peak_at),
    peakValue: row.peak_value,
    expected: row.expected,
    lower: row.lower,
    upper: row.upper,
    score: row.peak_score,
    reason: row.reason,
    recentValues: points?.values ?? [],
    otherAnomalies: others
      .filter(({ id }) => id !== row.id)
      .map(({ metric, labels, started_at }) => ({ metric, labels, startedAt: new Date(started_at) })),
  };
}

function toAnomaly(row: AnomalyRow) {
  return {
    id: row.id,
    seriesId: row.series_id,
    metric: row.metric,
    labels: row.labels,
    unit: row.unit,
    detector: row.detector,
    startedAt: toIso(row.started_at),
    endedAt: row.ended_at === null ? null : toIso(row.ended_at),
    peakAt: toIso(row.peak_at),
    peakScore: finiteOrNull(row.peak_score),
    peakValue: finiteOrNull(row.peak_value),
    expected: finiteOrNull(row.expected),
    lower: finiteOrNull(row.lower),
    upper: finiteOrNull(row.upper),
    maturity: row.maturity,
    reason: row.reason,
  };
}
