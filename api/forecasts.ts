import { createRoute, z } from '@hono/zod-openapi';
import { forecasterIds } from '../models/forecasters/registry.ts';
import { forecastsOfSeries, listForecasts } from '../store/queries/forecasts.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { pageOf, pageQuery, paginate, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { findSeries } from './series.ts';
import { finiteOrNull, isoTime, labelsValue, seriesIdValue, toIso } from './values.ts';

const numbers = z.array(z.number().nullable());
const forecastSchema = z
  .object({
    seriesId: z.string(),
    metric: z.string(),
    labels: labelsValue,
    unit: z.string(),
    forecaster: z.string(),
    mase: z.number().nullable().openapi({
      description: 'In tests on the past of the series; below 1 is better than seasonal naive one season ahead.',
    }),
    issuedAt: isoTime,
    chosen: z.boolean().openapi({ description: 'Whether this is what users get, where there are several.' }),
    replacedBecause: z.string().optional().openapi({
      description: 'With `series`, why this stands in for another forecast; absent when it does not.',
    }),
    stepSeconds: z.number().optional(),
    times: z
      .array(z.number())
      .optional()
      .openapi({ description: 'Unix milliseconds, with `series` only; so are the members below.' }),
    mean: numbers.optional(),
    levels: numbers.optional(),
    quantiles: z.array(numbers).optional().openapi({ description: 'One array a level.' }),
    naiveMase: z.number().nullable().optional().openapi({ description: 'Of seasonal naive in the same tests.' }),
    testedSteps: z
      .number()
      .optional()
      .openapi({ description: 'Up to how many steps ahead it was tested; beyond, its quantiles are extrapolated.' }),
    folds: z.number().optional().openapi({ description: 'From how many earlier moments it was tested.' }),
    members: z
      .array(z.object({ forecaster: z.string(), weight: z.number(), mase: z.number().nullable() }))
      .optional()
      .openapi({ description: 'The models it is made of, the heaviest first, each with its error in the same tests.' }),
  })
  .openapi('Forecast');

const listRoute = createRoute({
  method: 'get',
  path: '/v1/forecasts',
  summary: 'The newest forecasts, of all series in short or of one in full',
  tags: ['forecasts'],
  middleware: requireScope('read'),
  request: {
    query: z.object({
      ...pageQuery,
      series: seriesIdValue.optional(),
      metric: z.string().default(''),
      forecaster: z.enum(forecasterIds).optional(),
    }),
  },
  responses: {
    200: { description: 'Forecasts', content: { 'application/json': { schema: pageOf(forecastSchema) } } },
    ...problemResponses,
  },
});

/** `GET /v1/forecasts`. */
export function createForecastsRoutes({ telemetry }: { telemetry: TelemetryStore }) {
  return createRouter().openapi(listRoute, async (context) => {
    const { series: id, metric, forecaster = '', limit, cursor } = context.req.valid('query');
    const { tenant } = context.get('principal');
    if (id === undefined) {
      const [afterMetric, afterId] = readCursor(cursor, z.tuple([z.string(), seriesIdValue]), ['', '0']);
      const rows = await telemetry.query(listForecasts, { tenant, metric, afterMetric, afterId, limit: limit + 1 });
      const page = paginate(
        rows,
        limit,
        (row) => [row.metric, row.series_id],
        ({ series_id, mase, issued_at, ...row }) => ({
          seriesId: series_id,
          ...row,
          mase: finiteOrNull(mase),
          issuedAt: toIso(issued_at),
          chosen: true,
        }),
      );
      return context.json(page, 200);
    }
    const series = await findSeries(telemetry, tenant, id);
    const rows = await telemetry.query(forecastsOfSeries, { tenant, id, forecaster });
    const items = rows.map((row) => ({
      seriesId: series.id,
      metric: series.metric,
      labels: series.labels,
      unit: series.unit,
      forecaster: row.forecaster,
      mase: finiteOrNull(row.mase),
      issuedAt: toIso(row.issued_at),
      chosen: row.chosen,
      ...(row.replaced_because !== '' && { replacedBecause: row.replaced_because }),
      stepSeconds: row.step_seconds,
      times: row.mean.map((_, h) => row.issued_at + h * row.step_seconds * 1000),
      mean: row.mean.map(finiteOrNull),
      levels: row.levels.map(finiteOrNull),
      naiveMase: finiteOrNull(row.naive_mase),
      testedSteps: row.tested_steps,
      folds: row.folds,
      members: row.members,
      quantiles: row.levels.map((_, l) =>
        row.quantiles.slice(l * row.mean.length, (l + 1) * row.mean.length).map(finiteOrNull),
      ),
    }));
    return context.json({ items, nextCursor: null }, 200);
  });
}
