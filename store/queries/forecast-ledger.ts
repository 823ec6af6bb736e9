import { z } from 'zod';
import { defineQuery, defineStatement } from '../query.ts';
import { float, integer, labels, milliseconds, time } from './columns.ts';
import { bucketsOf } from './points.ts';

/** The parts of a horizon that are scored apart: `[from, to)` in hours after the issue. */
export const horizonParts = [
  { fromHours: 0, toHours: 6 },
  { fromHours: 6, toHours: 24 },
  { fromHours: 24, toHours: 48 },
] as const;

/** The hourly values of the series that were forecast at `issuedAt`, from so many hours before it until so many after. */
const hourly = (from: string, to: string) =>
  bucketsOf(
    'hour',
    `r.bucket >= ${time('issuedAt')} + toIntervalHour(${from}) AND r.bucket < ${time('issuedAt')} + toIntervalHour(${to})
      AND r.series_id IN (SELECT series_id FROM forecast_issues WHERE tenant = {tenant:String} AND issued_at = ${time('issuedAt')})`,
  );

/** An hour without a value is missing, but 0 where values are counts. */
const valueOr0 = (side: string) => `if(${side}.bucket = 0, if(b.is_count, 0, nan), ${side}.value)`;

/**
 * Scores the hours `[fromHours, toHours)` of every hourly forecast that was issued at `issuedAt` against what came,
 * and seasonal naive, which is the day before, on the same values. Run again, it writes the same rows.
 */
export const scoreForecasts = defineStatement({
  name: 'score_forecasts',
  sql: `INSERT INTO forecast_scores
  SELECT {tenant:String}, series_id, forecaster, issued_at, {toHours:UInt16}, issued_at + toIntervalHour({toHours:UInt16}), any(chosen),
    count(), avg(abs(actual - predicted)), avgIf(abs(actual - naive), isFinite(naive)), any(scale),
    avg(arrayAvg(arrayMap((l, q) -> if(actual >= q, l * (actual - q), (1 - l) * (q - actual)), levels, predicted_quantiles))),
    avg(predicted - actual), any(levels), avgForEach(arrayMap(q -> if(actual <= q, 1., 0.), predicted_quantiles)), toDate({untilDay:UInt16})
  FROM (
    SELECT f.series_id AS series_id, f.forecaster AS forecaster, f.issued_at AS issued_at, f.chosen AS chosen, f.levels AS levels,
      f.predicted AS predicted, f.predicted_quantiles AS predicted_quantiles, b.scale AS scale, ${valueOr0('y')} AS actual, ${valueOr0('n')} AS naive
    FROM (
      SELECT series_id, forecaster, issued_at, chosen, levels, arrayJoin(range({fromHours:UInt16}, {toHours:UInt16})) AS step,
        mean[step + 1] AS predicted, arrayMap(l -> quantiles[l * length(mean) + step + 1], range(length(levels))) AS predicted_quantiles,
        toDateTime(issued_at, 'UTC') + toIntervalHour(step) AS target
      FROM forecast_issues FINAL
      WHERE tenant = {tenant:String} AND issued_at = ${time('issuedAt')} AND step_seconds = 3600 AND length(mean) >= {toHours:UInt16}
    ) AS f
    INNER JOIN (
      SELECT h.series_id AS series_id, any(s.is_count) AS is_count, arraySort(groupArray((toUInt32(h.bucket), h.value))) AS cells,
        arrayAvg(arrayFilter(c -> isFinite(c), arrayMap((later, earlier) -> if(later.1 - earlier.1 = 86400, abs(later.2 - earlier.2), nan),
          arraySlice(cells, 25), arraySlice(cells, 1, greatest(0, toInt64(length(cells)) - 24))))) AS scale
      FROM ${hourly('-672', '0')} AS h
      INNER JOIN (
        SELECT series_id, toString(anyLast(series.aggregation)) = 'sum' AS is_count FROM series WHERE tenant = {tenant:String} GROUP BY series_id
      ) AS s ON s.series_id = h.series_id
      GROUP BY h.series_id
    ) AS b ON b.series_id = f.series_id
    LEFT JOIN ${hourly('{fromHours:UInt16}', '{toHours:UInt16}')} AS y ON y.series_id = f.series_id AND y.bucket = f.target
    LEFT JOIN ${hourly('-24', '0')} AS n ON n.series_id = f.series_id
      AND n.bucket = toDateTime(f.issued_at, 'UTC') + toIntervalHour(f.step % 24) - toIntervalHour(24)
  )
  WHERE isFinite(actual)
  GROUP BY series_id, forecaster, issued_at`,
  params: z.object({
    tenant: z.string(),
    issuedAt: z.number().int(),
    fromHours: z.number().int(),
    toHours: z.number().int(),
    untilDay: z.number().int(),
  }),
});

/** When forecasts were issued in `[from, to)`, ascending. */
export const issueTimes = defineQuery({
  name: 'issue_times',
  sql: `SELECT DISTINCT ${milliseconds('f.issued_at')} AS issued_at FROM forecast_issues AS f
  WHERE f.tenant = {tenant:String} AND f.issued_at >= ${time('from')} AND f.issued_at < ${time('to')}
  ORDER BY issued_at`,
  params: z.object({ tenant: z.string(), from: z.number().int(), to: z.number().int() }),
  row: z.object({ issued_at: integer }),
});

/** How many rows were scored in `(from, to]`. */
export const countScored = defineQuery({
  name: 'count_scored',
  sql: `SELECT count() AS scores FROM forecast_scores FINAL
  WHERE tenant = {tenant:String} AND due_at > ${time('from')} AND due_at <= ${time('to')}`,
  params: z.object({ tenant: z.string(), from: z.number().int(), to: z.number().int() }),
  row: z.object({ scores: integer }),
});

/** Sums and means over scores: what a ledger says, of one series or of many. */
const figures = `
    count() AS scored, sum(observed) AS observed,
    avgIf(abs_error / scale, scale > 0 AND isFinite(abs_error)) AS mase,
    avgIf(naive_abs_error / scale, scale > 0 AND isFinite(naive_abs_error)) AS naive_mase,
    1 - avgIf(abs_error / scale, scale > 0 AND isFinite(naive_abs_error)) / avgIf(naive_abs_error / scale, scale > 0 AND isFinite(naive_abs_error)) AS skill,
    avgIf(pinball / scale, scale > 0) AS scaled_pinball, avgIf(bias / scale, scale > 0) AS scaled_bias,
    any(levels) AS levels, avgForEach(below) AS below`;
const figureColumns = {
  scored: integer,
  observed: integer,
  mase: float,
  naive_mase: float,
  skill: float,
  scaled_pinball: float,
  scaled_bias: float,
  levels: z.array(float),
  below: z.array(float),
};

/** The ledger by series, forecaster and part of the horizon, of what fell due in `(from, to]`, after a cursor. */
export const ledgerOfSeries = defineQuery({
  name: 'ledger_of_series',
  sql: `SELECT toString(f.series_id) AS series_id, s.metric AS metric, s.labels AS labels, f.forecaster AS forecaster, f.horizon_hours AS horizon_hours,
    f.last_due_at AS last_due_at, f.scored AS scored, f.observed AS observed, f.mase AS mase, f.naive_mase AS naive_mase, f.skill AS skill,
    f.scaled_pinball AS scaled_pinball, f.scaled_bias AS scaled_bias, f.levels AS levels, f.below AS below
  FROM (
    SELECT series_id, forecaster, horizon_hours, ${milliseconds('max(due_at)')} AS last_due_at, ${figures}
    FROM forecast_scores FINAL
    WHERE tenant = {tenant:String} AND due_at > ${time('from')} AND due_at <= ${time('to')}
      AND ({forecaster:String} = '' OR forecaster = {forecaster:String})
      AND ({id:String} = '' OR toString(series_id) = {id:String})
    GROUP BY series_id, forecaster, horizon_hours) AS f
  INNER JOIN (
    SELECT series_id, metric, anyLast(series.labels) AS labels FROM series
    WHERE tenant = {tenant:String} AND ({metric:String} = '' OR metric = {metric:String}) GROUP BY series_id, metric
  ) AS s ON s.series_id = f.series_id
  WHERE (s.metric, f.series_id, f.forecaster, f.horizon_hours) > ({afterMetric:String}, {afterId:UInt64}, {afterForecaster:String}, {afterHours:UInt16})
  ORDER BY s.metric, f.series_id, f.forecaster, f.horizon_hours
  LIMIT {limit:UInt32}`,
  params: z.object({
    tenant: z.string(),
    from: z.number().int(),
    to: z.number().int(),
    forecaster: z.string(),
    id: z.string(),
    metric: z.string(),
    afterMetric: z.string(),
    afterId: z.string(),
    afterForecaster: z.string(),
    afterHours: z.number().int(),
    limit: z.number().int(),
  }),
  row: z.object({
    series_id: z.string(),
    metric: z.string(),
    labels,
    forecaster: z.string(),
    horizon_hours: z.number(),
    last_due_at: integer,
    ...figureColumns,
  }),
});

/** The ledger of all series of a tenant together, by forecaster and part of the horizon. */
export const ledgerOfFleet = defineQuery({
  name: 'ledger_of_fleet',
  sql: `SELECT forecaster, horizon_hours, ${figures}
  FROM forecast_scores FINAL
  WHERE tenant = {tenant:String} AND due_at > ${time('from')} AND due_at <= ${time('to')}
  GROUP BY forecaster, horizon_hours
  ORDER BY forecaster, horizon_hours`,
  params: z.object({ tenant: z.string(), from: z.number().int(), to: z.number().int() }),
  row: z.object({ forecaster: z.string(), horizon_hours: z.number(), ...figureColumns }),
});

/** The series with `least` scores or more, due in `(from, to]`, of a forecaster whose skill on them is under `below`. */
export const skillOfSeries = defineQuery({
  name: 'skill_of_series',
  sql: `SELECT toString(series_id) AS id, ${figures}
  FROM forecast_scores FINAL
  WHERE tenant = {tenant:String} AND forecaster = {forecaster:String} AND due_at > ${time('from')} AND due_at <= ${time('to')}
  GROUP BY series_id
  HAVING scored >= {least:UInt32} AND skill < {below:Float64}
  ORDER BY series_id`,
  params: z.object({
    tenant: z.string(),
    forecaster: z.string(),
    from: z.number().int(),
    to: z.number().int(),
    least: z.number().int(),
    below: z.number(),
  }),
  row: z.object({ id: z.string(), ...figureColumns }),
});

/** The series of a tenant whose newest forecast before `before` stands in for another, and how many have a forecast. */
export const replacedSeries = defineQuery({
  name: 'replaced_series',
  sql: `SELECT groupArrayIf(toString(series_id), because != '') AS ids, count() AS forecast
  FROM (
    SELECT series_id, argMax(replaced_because, issued_at) AS because FROM forecasts FINAL
    WHERE tenant = {tenant:String} AND chosen = 1 AND issued_at < ${time('before')} AND issued_at >= ${time('before')} - INTERVAL 1 DAY
    GROUP BY series_id)`,
  params: z.object({ tenant: z.string(), before: z.number().int() }),
  row: z.object({ ids: z.array(z.string()), forecast: integer }),
});
