import { createRoute, z } from '@hono/zod-openapi';
import { type Explainer, LanguageModelError } from '../models/language/explainer.ts';
import { type AnomalyRow, listAnomalies } from '../store/queries/detection.ts';
import { pointsOfSeries } from '../store/queries/points.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { AppError } from '../telemetry/errors.ts';
import type { Health } from '../telemetry/health.ts';
import { anyAnomaly, findAnomaly } from './anomaly.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { problemResponses } from './problem.ts';

const explanationSchema = z.object({ text: z.string(), model: z.string() }).openapi('Explanation');

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

export interface ExplanationsRoutesDeps {
  telemetry: TelemetryStore;
  /** Undefined where no language model is configured. */
  explainer: Explainer | undefined;
  health: Health;
}

/** `POST /v1/anomalies/{id}/explanation`. */
export function createExplanationsRoutes({ telemetry, explainer, health }: ExplanationsRoutesDeps) {
  return createRouter().openapi(explainRoute, async (context) => {
    if (explainer === undefined)
      throw new AppError('unavailable', 'no language model is configured; see language.provider in the settings');
    const { tenant } = context.get('principal');
    const row = await findAnomaly(telemetry, tenant, context.req.valid('param').id);
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
    ...anyAnomaly,
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
