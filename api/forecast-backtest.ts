import { createRoute, z } from '@hono/zod-openapi';
import { type BacktestFigures, backtestForecasts } from '../analytics/forecast-backtest.ts';
import type { ForecastNetwork } from '../analytics/forecast-network.ts';
import { forecasterIds } from '../models/forecasters/registry.ts';
import type { ModelPool } from '../models/pool.ts';
import { selectedSeries } from '../store/queries/selected-series.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { AppError } from '../telemetry/errors.ts';
import { requireScope } from './auth.ts';
import { limitBody } from './body-limit.ts';
import { createRouter } from './context.ts';
import type { OnDemand } from './on-demand.ts';
import { problemResponses } from './problem.ts';
import { finiteOrNull, isoTime, labelsValue, seriesIdValue, toIso } from './values.ts';

const name = z.string().max(200).default('');
const inquirySchema = z.strictObject({
  selector: z
    .strictObject({ metric: name, agent: name, type: name, series: seriesIdValue.optional() })
    .openapi({ description: 'Which series: of a metric, of an agent, of agents of a type, or one.' }),
  horizon: z.number().int().min(1).max(336).default(24).openapi({ description: 'In hours.' }),
  folds: z.number().int().min(1).max(10).default(4).openapi({ description: 'So many forecasts of each series.' }),
  interval: z.number().min(0.5).max(0.99).default(0.8),
  forecaster: z.enum(forecasterIds).default('combined'),
});

const nullableNumber = z.number().nullable();
const figures = {
  folds: z.number().int().openapi({ description: 'Forecasts that were made and compared.' }),
  mase: nullableNumber,
  naiveMase: nullableNumber.openapi({ description: 'Of seasonal naive in the same folds.' }),
  skill: nullableNumber.openapi({ description: '1 - mase / naiveMase: above 0 it did better than seasonal naive.' }),
  coverage: nullableNumber.openapi({ description: 'The share of values that the intervals held.' }),
};
const answerSchema = z
  .object({
    asOf: isoTime,
    forecaster: z.string(),
    horizon: z.number(),
    interval: z.number(),
    overall: z.object(figures),
    series: z.array(
      z.object({
        seriesId: z.string(),
        metric: z.string(),
        labels: labelsValue,
        ...figures,
        reason: z.literal('insufficient_history').nullable(),
        needed: nullableNumber.openapi({ description: 'Observed hours that a fold needs, where they lack.' }),
        available: nullableNumber,
      }),
    ),
  })
  .openapi('ForecastBacktest');

const route = createRoute({
  method: 'post',
  path: '/v1/forecasts/backtest',
  summary: 'How forecasts of a selection would have done, before anything is built on them',
  description: 'Of each series the last horizons are forecast from what was known before them; 500 forecasts at most.',
  tags: ['forecasts'],
  middleware: [requireScope('read'), limitBody()] as const,
  request: { body: { required: true, content: { 'application/json': { schema: inquirySchema } } } },
  responses: {
    200: { description: 'Skill and coverage', content: { 'application/json': { schema: answerSchema } } },
    ...problemResponses,
  },
});

const maxForecasts = 500;
const hourMs = 3_600_000;

export interface ForecastBacktestDeps {
  telemetry: TelemetryStore;
  network: ForecastNetwork;
  pool: ModelPool;
  onDemand: OnDemand;
  now: () => Date;
}

/** `POST /v1/forecasts/backtest`. */
export function createForecastBacktestRoutes({ telemetry, network, pool, onDemand, now }: ForecastBacktestDeps) {
  return createRouter().openapi(route, async (context) => {
    const { selector, horizon, folds, interval, forecaster } = context.req.valid('json');
    const { series: id = '', ...selection } = selector;
    const { tenant } = context.get('principal');
    const series = await telemetry.query(selectedSeries, { tenant, id, ...selection });
    refuseSelection(series.length, folds);
    const to = Math.floor(now().getTime() / hourMs) * hourMs;
    const inquiry = { tenant, series, forecaster, horizon, folds, interval, to };
    const found = await onDemand(context.req.raw.signal, (signal) =>
      backtestForecasts({ telemetry, network, models: pool }, inquiry, signal),
    );
    const body = {
      asOf: toIso(to),
      ...{ forecaster, horizon, interval },
      overall: toFigures(found.overall),
      series: found.series.map((row) => ({
        seriesId: row.series.id,
        metric: row.series.metric,
        labels: row.series.labels,
        ...toFigures(row),
        reason: row.insufficient === null ? null : ('insufficient_history' as const),
        needed: row.insufficient?.needed ?? null,
        available: row.insufficient?.available ?? null,
      })),
    };
    return context.json(body, 200);
  });
}

function refuseSelection(series: number, folds: number): void {
  if (series === 0) throw new AppError('not_found', 'the selector selects no series');
  if (series * folds > maxForecasts)
    throw new AppError(
      'invalid_request',
      `${series} series times ${folds} folds are more than ${maxForecasts} forecasts`,
      {
        errors: [
          { pointer: '/selector', detail: `at most ${Math.floor(maxForecasts / folds)} series with ${folds} folds` },
        ],
      },
    );
}

function toFigures({ folds, mase, naiveMase, skill, coverage }: BacktestFigures) {
  return {
    folds,
    mase: finiteOrNull(mase),
    naiveMase: finiteOrNull(naiveMase),
    skill: finiteOrNull(skill),
    coverage: finiteOrNull(coverage),
  };
}
