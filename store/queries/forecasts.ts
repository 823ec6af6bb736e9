import { z } from 'zod';
import { defineQuery } from '../query.ts';
import { float, integer, labels, milliseconds } from './columns.ts';

/** JSON knows no NaN: it writes null. */
const members = z.array(z.object({ forecaster: z.string(), weight: z.number(), mase: z.number().nullable() }));

/** The newest forecasts of one series, the chosen one first, a row a forecaster. */
export const forecastsOfSeries = defineQuery({
  name: 'forecasts_of_series',
  sql: `SELECT f.forecaster AS forecaster, ${milliseconds('f.issued_at')} AS issued_at, f.step_seconds AS step_seconds, f.mean AS mean, f.levels AS levels,
    f.quantiles AS quantiles, f.chosen AS chosen, f.mase AS mase, f.naive_mase AS naive_mase,
    f.tested_steps AS tested_steps, f.folds AS folds, f.members AS members, f.replaced_because AS replaced_because
  FROM forecasts AS f FINAL
  WHERE f.tenant = {tenant:String} AND f.series_id = {id:UInt64}
    AND ({forecaster:String} = '' OR f.forecaster = {forecaster:String})
    AND f.issued_at = (SELECT max(issued_at) FROM forecasts WHERE tenant = {tenant:String} AND series_id = {id:UInt64})
  ORDER BY f.chosen DESC, f.forecaster`,
  params: z.object({ tenant: z.string(), id: z.string(), forecaster: z.string() }),
  row: z.object({
    forecaster: z.string(),
    issued_at: integer,
    step_seconds: z.number(),
    mean: z.array(float),
    levels: z.array(float),
    quantiles: z.array(float),
    chosen: z.number().transform(Boolean),
    mase: float,
    naive_mase: float,
    tested_steps: z.number(),
    folds: z.number(),
    members: z.string().transform((text) => members.parse(JSON.parse(text))),
    replaced_because: z.string(),
  }),
});

/** Which series have a forecast: the chosen one of the newest, in the order of (metric, id), after a cursor. */
export const listForecasts = defineQuery({
  name: 'list_forecasts',
  sql: `SELECT toString(f.series_id) AS series_id, s.metric AS metric, s.labels AS labels, s.unit AS unit, f.forecaster AS forecaster, f.mase AS mase, f.issued_at AS issued_at
  FROM (
    SELECT series_id, argMax(forecaster, forecasts.issued_at) AS forecaster, argMax(forecasts.mase, forecasts.issued_at) AS mase, ${milliseconds('max(forecasts.issued_at)')} AS issued_at
    FROM forecasts FINAL WHERE tenant = {tenant:String} AND chosen = 1 GROUP BY series_id) AS f
  INNER JOIN (
    SELECT series_id, metric, anyLast(series.labels) AS labels, anyLast(series.unit) AS unit FROM series
    WHERE tenant = {tenant:String} AND ({metric:String} = '' OR metric = {metric:String}) GROUP BY series_id, metric
  ) AS s ON s.series_id = f.series_id
  WHERE (s.metric, f.series_id) > ({afterMetric:String}, {afterId:UInt64})
  ORDER BY s.metric, f.series_id
  LIMIT {limit:UInt32}`,
  params: z.object({
    tenant: z.string(),
    metric: z.string(),
    afterMetric: z.string(),
    afterId: z.string(),
    limit: z.number().int(),
  }),
  row: z.object({
    series_id: z.string(),
    metric: z.string(),
    labels,
    unit: z.string(),
    forecaster: z.string(),
    mase: float,
    issued_at: integer,
  }),
});
