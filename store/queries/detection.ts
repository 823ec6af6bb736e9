import { z } from 'zod';
import { defineQuery, defineStatement } from '../query.ts';
import { float, integer, labels, milliseconds, time } from './columns.ts';
import { seriesByName } from './finding-rows.ts';

/** SQL for the series of a shard: a range, which the order of the table finds; numbers of series are hashes. */
function inShard(series: string): string {
  const begin = (shard: string) => `intDiv(18446744073709551615, {shards:UInt32}) * (${shard})`;
  return `${series} >= ${begin('{shard:UInt32}')} AND ({shard:UInt32} + 1 = {shards:UInt32} OR ${series} < ${begin('{shard:UInt32} + 1')})`;
}

/**
 * The newest state of each series of a shard that has seen nothing at or after `before`. A series that was silent for
 * thirty days begins anew.
 */
export const detectorStates = defineQuery({
  name: 'detector_states',
  sql: `SELECT toString(d.series_id) AS id, ${milliseconds('max(d.as_of)')} AS as_of, argMax(d.state, d.as_of) AS state
  FROM detector_states AS d
  WHERE d.tenant = {tenant:String} AND d.detector = {detector:String} AND d.as_of <= ${time('before')} AND d.day >= toDate(${time('before')}) - 30
    AND ${inShard('d.series_id')}
  GROUP BY d.series_id`,
  params: z.object({
    tenant: z.string(),
    detector: z.string(),
    before: z.number().int(),
    shard: z.number().int(),
    shards: z.number().int(),
  }),
  row: z.object({ id: z.string(), as_of: integer, state: z.string() }),
});

/** Of how many series `detectorStates` has a state, about. */
export const countDetectorStates = defineQuery({
  name: 'count_detector_states',
  sql: `SELECT uniq(d.series_id) AS series FROM detector_states AS d
  WHERE d.tenant = {tenant:String} AND d.detector = {detector:String} AND d.as_of <= ${time('before')} AND d.day >= toDate(${time('before')}) - 30`,
  params: z.object({ tenant: z.string(), detector: z.string(), before: z.number().int() }),
  row: z.object({ series: integer }),
});

/** The newest states of some series that have seen nothing at or after `before`. */
export const statesOfSeries = defineQuery({
  name: 'states_of_series',
  sql: `SELECT toString(d.series_id) AS id, ${milliseconds('max(d.as_of)')} AS as_of, argMax(d.state, d.as_of) AS state
  FROM detector_states AS d
  WHERE d.tenant = {tenant:String} AND d.detector = {detector:String} AND d.as_of <= ${time('before')} AND d.day >= toDate(${time('before')}) - 30
    AND d.series_id IN (SELECT toUInt64(arrayJoin({ids:Array(String)})))
  GROUP BY d.series_id`,
  params: z.object({ tenant: z.string(), detector: z.string(), before: z.number().int(), ids: z.array(z.string()) }),
  row: z.object({ id: z.string(), as_of: integer, state: z.string() }),
});

/** How many states of the day of `before` are newer than it: of each day only the newest is kept, so these hide others. */
export const laterDetectorStates = defineQuery({
  name: 'later_detector_states',
  sql: `SELECT count() AS states FROM detector_states
  WHERE tenant = {tenant:String} AND detector = {detector:String} AND day >= toDate(${time('before')} - INTERVAL 1 MILLISECOND)
    AND as_of > ${time('before')}`,
  params: z.object({ tenant: z.string(), detector: z.string(), before: z.number().int() }),
  row: z.object({ states: integer }),
});

const anomalyRow = z.object({
  id: z.string(),
  series_id: z.string(),
  metric: z.string(),
  labels,
  unit: z.string(),
  /** The length of the buckets that are scored. */
  step_seconds: z.number(),
  detector: z.string(),
  started_at: integer,
  ended_at: integer.nullable(),
  peak_at: integer,
  peak_score: float,
  peak_value: float,
  expected: float,
  lower: float,
  upper: float,
  maturity: z.number(),
  reason: z.string(),
  held_back_by: z.string(),
});
export type AnomalyRow = z.output<typeof anomalyRow>;

/** Anomalies newest first, by any of the filters (empty: any), after a cursor of (start, id). */
export const listAnomalies = defineQuery({
  name: 'list_anomalies',
  sql: `SELECT a.anomaly_id AS id, toString(a.series_id) AS series_id, s.metric AS metric, s.labels AS labels, s.unit AS unit, s.step_seconds AS step_seconds, a.detector AS detector,
    ${milliseconds('a.started_at')} AS started_at, toUnixTimestamp64Milli(a.ended_at) AS ended_at, ${milliseconds('a.peak_at')} AS peak_at,
    a.peak_score AS peak_score, a.peak_value AS peak_value, a.expected AS expected, a.lower AS lower, a.upper AS upper, a.maturity AS maturity, a.reason AS reason, a.held_back_by AS held_back_by
  FROM (SELECT * FROM anomalies FINAL WHERE tenant = {tenant:String} AND withdrawn = 0
      AND ({id:String} = '' OR anomaly_id = {id:String})
      AND ({series:String} = '' OR toString(series_id) = {series:String})
      AND (started_at, anomaly_id) < (${time('beforeTime')}, {beforeId:String})
      AND started_at < ${time('to')} AND (ended_at IS NULL OR ended_at >= ${time('from')})
      AND peak_score >= {minScore:Float64}
      AND ({open:UInt8} = 2 OR (ended_at IS NULL) = {open:UInt8})
      AND ({heldBack:UInt8} = 2 OR (held_back_by != '') = {heldBack:UInt8})) AS a
  ${seriesByName('a')}
  ORDER BY a.started_at DESC, a.anomaly_id DESC
  LIMIT {limit:UInt32}`,
  params: z.object({
    tenant: z.string(),
    id: z.string(),
    series: z.string(),
    metric: z.string(),
    agent: z.string(),
    from: z.number().int(),
    to: z.number().int(),
    minScore: z.number(),
    /** 1 open, 0 ended, 2 either. */
    open: z.number().int(),
    /** 1 held back because of feedback, 0 not, 2 either. */
    heldBack: z.number().int(),
    beforeTime: z.number().int(),
    beforeId: z.string(),
    limit: z.number().int(),
  }),
  row: anomalyRow,
});

/** What a detector has found so far that began in `[from, to)`, of one series or (empty) of all, withdrawn or not. */
export const anomaliesBegun = defineQuery({
  name: 'anomalies_begun',
  sql: `SELECT anomaly_id AS id, toString(series_id) AS series_id, ${milliseconds('a.started_at')} AS started_at,
    toUnixTimestamp64Milli(a.ended_at) AS ended_at, ${milliseconds('a.as_of')} AS as_of, withdrawn
  FROM anomalies AS a FINAL
  WHERE tenant = {tenant:String} AND detector = {detector:String} AND a.started_at >= ${time('from')} AND a.started_at < ${time('to')}
    AND ({series:String} = '' OR toString(series_id) = {series:String})`,
  params: z.object({
    tenant: z.string(),
    detector: z.string(),
    from: z.number().int(),
    to: z.number().int(),
    series: z.string().default(''),
  }),
  row: z.object({
    id: z.string(),
    series_id: z.string(),
    started_at: integer,
    ended_at: integer.nullable(),
    as_of: integer,
    withdrawn: z.number().transform(Boolean),
  }),
});

/** The series of which a detector has found what is not withdrawn. */
export const seriesWithAnomalies = defineQuery({
  name: 'series_with_anomalies',
  sql: `SELECT DISTINCT toString(series_id) AS id FROM anomalies FINAL
  WHERE tenant = {tenant:String} AND detector = {detector:String} AND withdrawn = 0`,
  params: z.object({ tenant: z.string(), detector: z.string() }),
  row: z.object({ id: z.string() }),
});

/** When a detector first scored a series at or after `from`; null when it never did. */
export const firstScoreOf = defineQuery({
  name: 'first_score_of',
  sql: `SELECT toUnixTimestamp64Milli(minOrNull(s.time)) AS first FROM scores AS s
  WHERE s.tenant = {tenant:String} AND s.series_id = {series:UInt64} AND s.detector = {detector:String} AND s.time >= ${time('from')}`,
  params: z.object({ tenant: z.string(), series: z.string(), detector: z.string(), from: z.number().int() }),
  row: z.object({ first: integer.nullable() }),
});

/** Withdraws anomalies: their rows stay, and nobody is shown them. */
export const withdrawAnomalies = defineStatement({
  name: 'withdraw_anomalies',
  sql: `INSERT INTO anomalies SELECT * REPLACE (1 AS withdrawn) FROM anomalies FINAL
  WHERE tenant = {tenant:String} AND detector = {detector:String} AND anomaly_id IN {ids:Array(String)}`,
  params: z.object({ tenant: z.string(), detector: z.string(), ids: z.array(z.string()) }),
});

/**
 * Anomalies at full maturity, neither withdrawn nor held back, that touch `[from, to)`, with a peak score of `minScore` at least, no longer than
 * `maxLengthMs`; one that is open has lasted until `to`.
 */
export const incidentAnomalies = defineQuery({
  name: 'incident_anomalies',
  sql: `SELECT a.anomaly_id AS id, toString(a.series_id) AS series_id, ${milliseconds('a.started_at')} AS started_at,
    ifNull(toUnixTimestamp64Milli(a.ended_at), {to:Int64}) AS ended_at
  FROM anomalies AS a FINAL
  WHERE a.tenant = {tenant:String} AND a.started_at < ${time('to')} AND (a.ended_at IS NULL OR a.ended_at >= ${time('from')})
    AND a.withdrawn = 0 AND a.held_back_by = '' AND a.peak_score >= {minScore:Float64} AND a.maturity >= 1 AND ended_at - started_at <= {maxLengthMs:Int64}
  ORDER BY series_id, started_at`,
  params: z.object({
    tenant: z.string(),
    from: z.number().int(),
    to: z.number().int(),
    minScore: z.number(),
    maxLengthMs: z.number().int(),
  }),
  row: z.object({ id: z.string(), series_id: z.string(), started_at: integer, ended_at: integer }),
});

/** Withdraws what goes on in the eyes of detectors that look at nothing any more: nobody would ever end it. */
export const withdrawOpenOf = defineStatement({
  name: 'withdraw_open_of',
  sql: `INSERT INTO anomalies SELECT * REPLACE (1 AS withdrawn) FROM (
    SELECT * FROM anomalies FINAL
    WHERE tenant = {tenant:String} AND detector IN {detectors:Array(String)} AND ended_at IS NULL AND withdrawn = 0)`,
  params: z.object({ tenant: z.string(), detectors: z.array(z.string()) }),
});

/** Says of anomalies of a series for which feedback nobody is told of them; empty for none. */
export const holdBackAnomalies = defineStatement({
  name: 'hold_back_anomalies',
  sql: `INSERT INTO anomalies SELECT * REPLACE ({by:String} AS held_back_by) FROM anomalies FINAL
  WHERE tenant = {tenant:String} AND series_id = {series:UInt64} AND anomaly_id IN {ids:Array(String)}`,
  params: z.object({ tenant: z.string(), series: z.string(), by: z.string(), ids: z.array(z.string()) }),
});

/** How many anomalies of a tenant are open, of which people are told. */
export const countOpenAnomalies = defineQuery({
  name: 'count_open_anomalies',
  sql: `SELECT count() AS open FROM anomalies FINAL
  WHERE tenant = {tenant:String} AND withdrawn = 0 AND held_back_by = '' AND ended_at IS NULL`,
  params: z.object({ tenant: z.string() }),
  row: z.object({ open: integer }),
});

/** So many scores are read at once: four weeks by the minute. */
export const maxScores = 40_320;

/** The band of one series: its scores with what was expected, in `[from, to)`, ascending; the first `maxScores + 1`. */
export const scoresOfSeries = defineQuery({
  name: 'scores_of_series',
  sql: `SELECT any(detector) AS detector, groupArray(time_ms) AS times, groupArray(value) AS values, groupArray(score) AS scores,
    groupArray(expected) AS expected, groupArray(lower) AS lower, groupArray(upper) AS upper
  FROM (
    SELECT detector, ${milliseconds('s.time')} AS time_ms, value, score, expected, lower, upper FROM scores AS s FINAL
    WHERE s.tenant = {tenant:String} AND s.series_id = {id:UInt64} AND ({detector:String} = '' OR s.detector = {detector:String}) AND s.time >= ${time('from')} AND s.time < ${time('to')}
    ORDER BY s.time LIMIT ${maxScores + 1})`,
  params: z.object({
    tenant: z.string(),
    id: z.string(),
    /** Empty for any. */
    detector: z.string().default(''),
    from: z.number().int(),
    to: z.number().int(),
  }),
  row: z.object({
    detector: z.string(),
    times: z.array(integer),
    values: z.array(float),
    scores: z.array(float),
    expected: z.array(float),
    lower: z.array(float),
    upper: z.array(float),
  }),
});
