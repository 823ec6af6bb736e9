import { z } from 'zod';
import { defineQuery, defineStatement } from '../query.ts';
import { integer, milliseconds, time } from './columns.ts';

const target = {
  tenant: z.string(),
  slo: z.string(),
  from: z.number().int(),
  to: z.number().int(),
  untilDay: z.number().int(),
};
const insert = 'INSERT INTO slo_minutes (tenant, slo, bucket, good, total, measured, until)';
const minutes = `range(toUInt32(intDiv({from:Int64}, 1000)), toUInt32(intDiv({to:Int64}, 1000)), 60)`;

/** Every minute of `[from, to)` with its counts; one in which nothing was owed has zeros, so that it is known to be counted. */
const countedMinutes = (counts: string) => `${insert}
  SELECT {tenant:String}, {slo:String}, toDateTime(minute, 'UTC'), good, total, measured, toDate({untilDay:UInt16})
  FROM (SELECT arrayJoin(${minutes}) AS minute) AS m LEFT JOIN (${counts}) AS c USING (minute)`;

/**
 * Counts agent-minutes of `[from, to)`: every agent owes each minute from its first heartbeat until it is forgotten,
 * and a minute is good when a heartbeat attests it. The minutes after an agent's last heartbeat count only once the
 * next one is late at `to`: until then nothing is known. A minute in which no agent at all was heard is not measured,
 * and not good.
 */
export const countAvailability = defineStatement({
  name: 'count_availability',
  sql: countedMinutes(`
  WITH
    owing AS (
      SELECT agent, toUnixTimestamp(toDateTime(min(a.first_seen))) AS first_second, toUnixTimestamp(toDateTime(max(a.last_seen))) AS last_second,
        argMaxMerge(a.interval_seconds) AS interval_seconds, argMaxMerge(a.agent_type) AS type
      FROM agents AS a WHERE tenant = {tenant:String} GROUP BY agent
      HAVING {type:String} = '' OR type = {type:String}),
    attested AS (
      SELECT s.agent AS agent, toUInt32(toUnixTimestamp(r.bucket)) AS minute
      FROM rollup_minute AS r
      INNER JOIN (SELECT series_id, anyLast(labels)['agent'] AS agent FROM series WHERE tenant = {tenant:String} AND metric = 'agent_up_ratio' GROUP BY series_id) AS s ON s.series_id = r.series_id
      WHERE r.tenant = {tenant:String} AND r.bucket >= ${time('from')} AND r.bucket < ${time('to')}
      GROUP BY agent, minute),
    owed AS (
      SELECT agent, arrayJoin(${minutes}) AS minute,
        minute >= last_second AND {to:Int64} / 1000 <= last_second + interval_seconds * {lateFactor:Float64} AS pending
      FROM owing
      WHERE minute + 60 > first_second AND minute < last_second + {forgetAfterSeconds:Float64})
  SELECT minute, toFloat64(countIf(up)) AS good, toFloat64(countIf(up OR NOT pending)) AS total, if(good > 0, total, 0) AS measured
  FROM (
    SELECT o.minute AS minute, o.pending AS pending, a.agent != '' AS up
    FROM owed AS o LEFT JOIN attested AS a ON a.agent = o.agent AND a.minute = o.minute)
  GROUP BY minute`),
  params: z.object({ ...target, type: z.string(), lateFactor: z.number(), forgetAfterSeconds: z.number() }),
});

/** Counts attempts of tasks that ended in `[from, to)`; an attempt is good when it succeeded. */
export const countTaskSuccess = defineStatement({
  name: 'count_task_success',
  sql: countedMinutes(`
  SELECT toUInt32(toUnixTimestamp(r.bucket)) AS minute, sumIf(r.sum, s.metric = 'tasks_finished_total') AS total,
    total - sumIf(r.sum, s.metric = 'tasks_failed_total') AS good, total AS measured
  FROM rollup_minute AS r
  INNER JOIN (
    SELECT series_id, metric FROM series
    WHERE tenant = {tenant:String} AND metric IN ('tasks_finished_total', 'tasks_failed_total')
    GROUP BY series_id, metric HAVING {kind:String} = '' OR anyLast(labels)['kind'] = {kind:String}
  ) AS s ON s.series_id = r.series_id
  WHERE r.tenant = {tenant:String} AND r.bucket >= ${time('from')} AND r.bucket < ${time('to')}
  GROUP BY minute`),
  params: z.object({ ...target, kind: z.string() }),
});

/**
 * Good, total and measured of one SLO over each of several look-back windows that end at `asOf`; one row a window, none
 * where nothing was counted in any.
 */
export const sloWindows = defineQuery({
  name: 'slo_windows',
  sql: `SELECT seconds, sum(good) AS good, sum(total) AS total, sum(measured) AS measured
  FROM (
    SELECT arrayJoin({windows:Array(UInt32)}) AS seconds, m.good * inside AS good, m.total * inside AS total, m.measured * inside AS measured,
      m.bucket >= ${time('asOf')} - toIntervalSecond(seconds) AS inside
    FROM slo_minutes AS m FINAL
    WHERE m.tenant = {tenant:String} AND m.slo = {slo:String} AND m.bucket < ${time('asOf')}
      AND m.bucket >= ${time('asOf')} - toIntervalSecond(arrayMax({windows:Array(UInt32)})))
  GROUP BY seconds`,
  params: z.object({ tenant: z.string(), slo: z.string(), asOf: z.number().int(), windows: z.array(z.number().int()) }),
  row: z.object({ seconds: z.number(), good: z.number(), total: z.number(), measured: z.number() }),
});

/** Good and total of one SLO by hour in `[from, to)`, ascending. */
export const sloHistory = defineQuery({
  name: 'slo_history',
  sql: `SELECT ${milliseconds('toStartOfHour(m.bucket)')} AS time, sum(m.good) AS good, sum(m.total) AS total
  FROM slo_minutes AS m FINAL
  WHERE m.tenant = {tenant:String} AND m.slo = {slo:String} AND m.bucket >= ${time('from')} AND m.bucket < ${time('to')}
  GROUP BY time ORDER BY time`,
  params: z.object({ tenant: z.string(), slo: z.string(), from: z.number().int(), to: z.number().int() }),
  row: z.object({ time: integer, good: z.number(), total: z.number() }),
});

/** The time up to which each SLO of a tenant is counted. */
export const sloLatest = defineQuery({
  name: 'slo_latest',
  sql: `SELECT slo, ${milliseconds('max(bucket) + toIntervalSecond(60)')} AS as_of FROM slo_minutes WHERE tenant = {tenant:String} GROUP BY slo`,
  params: z.object({ tenant: z.string() }),
  row: z.object({ slo: z.string(), as_of: integer }),
});
