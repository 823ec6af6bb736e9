import { createRoute, z } from '@hono/zod-openapi';
import { centralCoverage } from '../analytics/central-coverage.ts';
import { forecasterIds } from '../models/forecasters/registry.ts';
import { ledgerOfFleet, ledgerOfSeries } from '../store/queries/forecast-ledger.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { pageOf, pageQuery, paginate, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { finiteOrNull, isoTime, labelsValue, seriesIdValue, toIso } from './values.ts';

const nullableNumber = z.number().nullable();
const figuresSchema = z.object({
  forecaster: z.string(),
  horizonHours: z.number().openapi({ description: 'Of the hours from the part before until this one.' }),
  scored: z.number().int().openapi({ description: 'Forecasts whose time has come.' }),
  observed: z.number().int().openapi({ description: 'Values that came.' }),
  mase: nullableNumber.openapi({ description: 'Mean absolute error over the mean change of a day.' }),
  naiveMase: nullableNumber.openapi({ description: 'Of seasonal naive (the day before) on the same values.' }),
  skill: nullableNumber.openapi({
    description: '1 - mase / naiveMase: above 0 it did better than seasonal naive; at 0.3, by 30 %.',
  }),
  pinball: nullableNumber.openapi({ description: 'Mean pinball loss of all levels, over the mean change of a day.' }),
  bias: nullableNumber.openapi({ description: 'Mean of forecast minus value, over the mean change of a day.' }),
  coverage: z
    .array(z.object({ nominal: z.number(), actual: nullableNumber }))
    .openapi({ description: 'What share of values its intervals held, and should have.' }),
});
const rowSchema = z
  .object({ seriesId: z.string(), metric: z.string(), labels: labelsValue, lastDueAt: isoTime, ...figuresSchema.shape })
  .openapi('LedgerRow');
const ledgerSchema = pageOf(rowSchema)
  .extend({
    from: isoTime,
    to: isoTime,
    fleet: z.array(figuresSchema).openapi({ description: 'All series together, each counting alike.' }),
  })
  .openapi('ForecastLedger');

const route = createRoute({
  method: 'get',
  path: '/v1/forecasts/ledger',
  summary: 'How stored forecasts did once their time had come: error, skill, coverage and bias',
  tags: ['forecasts'],
  middleware: requireScope('read'),
  request: {
    query: z.object({
      ...pageQuery,
      series: seriesIdValue.optional(),
      metric: z.string().max(200).default(''),
      forecaster: z.enum(forecasterIds).optional(),
      days: z.coerce
        .number()
        .min(1)
        .max(400)
        .default(7)
        .openapi({ description: 'Of what fell due in so many days until now.' }),
    }),
  },
  responses: {
    200: { description: 'Ledger', content: { 'application/json': { schema: ledgerSchema } } },
    ...problemResponses,
  },
});

const dayMs = 86_400_000;
const cursorSchema = z.tuple([z.string(), seriesIdValue, z.string(), z.number().int()]);

/** `GET /v1/forecasts/ledger`. */
export function createForecastLedgerRoutes({ telemetry, now }: { telemetry: TelemetryStore; now: () => Date }) {
  return createRouter().openapi(route, async (context) => {
    const { series: id = '', metric, forecaster = '', days, limit, cursor } = context.req.valid('query');
    const [afterMetric, afterId, afterForecaster, afterHours] = readCursor(cursor, cursorSchema, ['', '0', '', 0]);
    const { tenant } = context.get('principal');
    const to = now().getTime();
    const range = { tenant, from: to - Math.round(days * dayMs), to };
    const after = { afterMetric, afterId, afterForecaster, afterHours };
    const [rows, fleet] = await Promise.all([
      telemetry.query(ledgerOfSeries, { ...range, id, metric, forecaster, ...after, limit: limit + 1 }),
      telemetry.query(ledgerOfFleet, range),
    ]);
    const page = paginate(
      rows,
      limit,
      (row) => [row.metric, row.series_id, row.forecaster, row.horizon_hours],
      (row) => ({
        seriesId: row.series_id,
        metric: row.metric,
        labels: row.labels,
        lastDueAt: toIso(row.last_due_at),
        ...toFigures(row),
      }),
    );
    return context.json({ ...page, from: toIso(range.from), to: toIso(to), fleet: fleet.map(toFigures) }, 200);
  });
}

function toFigures(row: z.output<typeof ledgerOfFleet.row>) {
  return {
    forecaster: row.forecaster,
    horizonHours: row.horizon_hours,
    scored: row.scored,
    observed: row.observed,
    mase: finiteOrNull(row.mase),
    naiveMase: finiteOrNull(row.naive_mase),
    skill: finiteOrNull(row.skill),
    pinball: finiteOrNull(row.scaled_pinball),
    bias: finiteOrNull(row.scaled_bias),
    coverage: centralCoverage(row.levels, row.below).map(({ nominal, actual }) => ({
      nominal,
      actual: finiteOrNull(actual),
    })),
  };
}
