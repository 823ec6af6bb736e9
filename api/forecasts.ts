import { createRoute, z } from '@hono/zod-openapi';
import { forecastLevels, horizonSteps } from '../analytics/forecast.ts';
import type { ForecastNetwork } from '../analytics/forecast-network.ts';
import { forecastOnDemand } from '../analytics/forecast-on-demand.ts';
import { forecasterIds } from '../models/forecasters/registry.ts';
import type { ModelPool } from '../models/pool.ts';
import { forecastsOfSeries, listForecasts } from '../store/queries/forecasts.ts';
import { selectedSeries } from '../store/queries/selected-series.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { AppError } from '../telemetry/errors.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { cutForecast, rowOf, toForecast, toSummary } from './forecast-answers.ts';
import type { OnDemand } from './on-demand.ts';
import { pageOf, pageQuery, paginate, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { isoTime, labelsValue, seriesIdValue } from './values.ts';

const hourMs = 3_600_000;

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
    source: z
      .enum(['stored', 'computed'])
      .openapi({ description: 'Whether it was stored, or computed for the request.' }),
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

/** In hours: four weeks. */
const maxHorizon = 672;

/** Quantile levels as a list with commas. */
const quantilesQuery = z
  .string()
  .max(400)
  .transform((text) => text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part))))
  .pipe(
    z
      .array(z.number({ error: 'expected numbers between 0 and 1, with commas' }).gt(0).lt(1))
      .min(1)
      .max(21),
  )
  .transform((levels) => [...new Set(levels)].sort((a, b) => a - b))
  .openapi({ type: 'string', example: '0.1,0.5,0.9', description: 'With `series`: quantile levels, 21 at most.' });

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
      horizon: z.coerce
        .number()
        .int()
        .min(1)
        .max(maxHorizon)
        .optional()
        .openapi({
          description: `With \`series\`: so many hours ahead, at most ${maxHorizon}, and at most as many as were observed.`,
        }),
      quantiles: quantilesQuery.optional(),
    }),
  },
  responses: {
    200: { description: 'Forecasts', content: { 'application/json': { schema: pageOf(forecastSchema) } } },
    ...problemResponses,
  },
});

export interface ForecastsRoutesDeps {
  telemetry: TelemetryStore;
  network: ForecastNetwork;
  pool: ModelPool;
  onDemand: OnDemand;
  now: () => Date;
}

/** `GET /v1/forecasts`. */
export function createForecastsRoutes({ telemetry, network, pool, onDemand, now }: ForecastsRoutesDeps) {
  return createRouter().openapi(listRoute, async (context) => {
    const { series: id, metric, forecaster, limit, cursor, horizon, quantiles } = context.req.valid('query');
    const { tenant } = context.get('principal');
    if (id === undefined) {
      if (horizon !== undefined || quantiles !== undefined)
        throw needsSeries(horizon === undefined ? 'quantiles' : 'horizon');
      const [afterMetric, afterId] = readCursor(cursor, z.tuple([z.string(), seriesIdValue]), ['', '0']);
      const rows = await telemetry.query(listForecasts, { tenant, metric, afterMetric, afterId, limit: limit + 1 });
      return context.json(
        paginate(rows, limit, (row) => [row.metric, row.series_id], toSummary),
        200,
      );
    }
    const [series] = await telemetry.query(selectedSeries, { tenant, metric: '', agent: '', type: '', id });
    if (series === undefined) throw new AppError('not_found', `no series ${id}`);
    const stored = await telemetry.query(forecastsOfSeries, { tenant, id, forecaster: forecaster ?? '' });
    if (horizon === undefined && quantiles === undefined)
      return context.json({ items: stored.map((row) => toForecast(series, row, 'stored')), nextCursor: null }, 200);

    const [best] = stored;
    const asked = {
      horizon: horizon ?? best?.mean.length ?? horizonSteps,
      levels: quantiles ?? best?.levels ?? forecastLevels,
    };
    const part = best && cutForecast(best, asked);
    if (part !== undefined) return context.json({ items: [toForecast(series, part, 'stored')], nextCursor: null }, 200);
    const by = forecaster ?? forecasterIds.find((each) => each === best?.forecaster) ?? 'combined';
    const to = Math.floor(now().getTime() / hourMs) * hourMs;
    const inquiry = { tenant, series, forecaster: by, ...asked, to };
    const computed = await onDemand(context.req.raw.signal, (signal) =>
      forecastOnDemand({ telemetry, network, models: pool }, inquiry, signal),
    );
    const row = rowOf(computed, inquiry, best?.replaced_because ?? '');
    return context.json({ items: [toForecast(series, row, 'computed')], nextCursor: null }, 200);
  });
}

function needsSeries(name: string): AppError {
  const errors = [{ pointer: `/${name}`, detail: 'needs `series`' }];
  return new AppError('invalid_request', `${name} needs \`series\``, { errors });
}
