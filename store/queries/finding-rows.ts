import { z } from 'zod';
import { float, integer, labels, milliseconds } from './columns.ts';

/** What is told of an anomaly `a` and of its series `s`. */
export const anomalyRow = {
  sql: `a.anomaly_id AS id, toString(a.series_id) AS series_id, s.metric AS metric, s.labels AS labels, s.step_seconds AS step_seconds,
    ${milliseconds('a.started_at')} AS started_at, toUnixTimestamp64Milli(a.ended_at) AS ended_at, a.peak_score AS peak_score, a.reason AS reason`,
  row: {
    id: z.string(),
    series_id: z.string(),
    metric: z.string(),
    labels,
    step_seconds: z.number(),
    started_at: integer,
    ended_at: integer.nullable(),
    peak_score: float,
    reason: z.string(),
  },
};

/** What is told of a series; `step_seconds` is the length of the buckets that are scored. */
const namesOfSeries = `SELECT series_id, metric, anyLast(series.labels) AS labels, anyLast(series.unit) AS unit,
      if(anyLast(series.aggregation) = 'sum', 3600, 60) AS step_seconds
    FROM series WHERE tenant = {tenant:String}`;

/** Joins the series `s` to each anomaly `a`. */
export const seriesOfAnomaly = `INNER JOIN (
    ${namesOfSeries} GROUP BY series_id, metric
  ) AS s ON s.series_id = a.series_id`;

/** Joins the series `s` to each row of `rows` whose series passes the parameters `metric` and `agent` (empty: any). */
export function seriesByName(rows: string): string {
  return `INNER JOIN (
    ${namesOfSeries} AND ({metric:String} = '' OR metric = {metric:String})
    GROUP BY series_id, metric HAVING {agent:String} = '' OR labels['agent'] = {agent:String}
  ) AS s ON s.series_id = ${rows}.series_id`;
}

/** What is told of a stuck task `s`. */
export const stuckTaskRow = {
  sql: `task, kind, agent, correlation_id, attempt, ${milliseconds('s.last_event_at')} AS last_event_at, ${milliseconds('s.stuck_at')} AS stuck_at, limit_seconds`,
  row: {
    task: z.string(),
    kind: z.string(),
    agent: z.string(),
    correlation_id: z.string(),
    attempt: z.number(),
    last_event_at: integer,
    stuck_at: integer,
    limit_seconds: z.number(),
  },
};
