import { z } from 'zod';
import { defineQuery, defineStatement } from '../query.ts';
import { float, integer, labels, milliseconds, time } from './columns.ts';
import { seriesByName } from './finding-rows.ts';

const levelShiftRow = z.object({
  id: z.string(),
  series_id: z.string(),
  metric: z.string(),
  labels,
  unit: z.string(),
  detector: z.string(),
  accepted_at: integer,
  from_level: float,
  to_level: float,
});
export type LevelShiftRow = z.output<typeof levelShiftRow>;

/** Levels that were accepted, the newest first, by any of the filters (empty: any), after a cursor of (time, id). */
export const listLevelShifts = defineQuery({
  name: 'list_level_shifts',
  sql: `SELECT l.shift_id AS id, toString(l.series_id) AS series_id, s.metric AS metric, s.labels AS labels, s.unit AS unit, l.detector AS detector,
    ${milliseconds('l.accepted_at')} AS accepted_at, l.from_level AS from_level, l.to_level AS to_level
  FROM (SELECT * FROM level_shifts FINAL WHERE tenant = {tenant:String} AND withdrawn = 0
      AND ({series:String} = '' OR toString(series_id) = {series:String})
      AND accepted_at >= ${time('from')} AND accepted_at < ${time('to')}
      AND known_at > ${time('knownAfter')} AND known_at <= ${time('knownUpTo')}
      AND (accepted_at, shift_id) < (${time('beforeTime')}, {beforeId:String})) AS l
  ${seriesByName('l')}
  ORDER BY l.accepted_at DESC, l.shift_id DESC
  LIMIT {limit:UInt32}`,
  params: z.object({
    tenant: z.string(),
    series: z.string(),
    metric: z.string(),
    agent: z.string(),
    from: z.number().int(),
    to: z.number().int(),
    /** What a job has found with windows that ended in `(knownAfter, knownUpTo]`. */
    knownAfter: z.number().int(),
    knownUpTo: z.number().int(),
    beforeTime: z.number().int(),
    beforeId: z.string(),
    limit: z.number().int(),
  }),
  row: levelShiftRow,
});

const latestMs = 8_000_000_000_000;

/** The parameters of the list that let everything through. */
export const anyLevelShift = {
  ...{ series: '', metric: '', agent: '', from: 0, to: latestMs, knownAfter: 0, knownUpTo: latestMs },
  ...{ beforeTime: latestMs, beforeId: '' },
};

/** What a detector has accepted so far in buckets that ended in `(from, to]`. */
export const levelShiftsAccepted = defineQuery({
  name: 'level_shifts_accepted',
  sql: `SELECT shift_id AS id, toString(series_id) AS series_id FROM level_shifts FINAL
  WHERE tenant = {tenant:String} AND detector = {detector:String} AND withdrawn = 0 AND known_at > ${time('from')} AND known_at <= ${time('to')}`,
  params: z.object({ tenant: z.string(), detector: z.string(), from: z.number().int(), to: z.number().int() }),
  row: z.object({ id: z.string(), series_id: z.string() }),
});

/** Withdraws accepted levels: their rows stay, and nobody is shown them. */
export const withdrawLevelShifts = defineStatement({
  name: 'withdraw_level_shifts',
  sql: `INSERT INTO level_shifts SELECT * REPLACE (1 AS withdrawn) FROM level_shifts FINAL
  WHERE tenant = {tenant:String} AND detector = {detector:String} AND shift_id IN {ids:Array(String)}`,
  params: z.object({ tenant: z.string(), detector: z.string(), ids: z.array(z.string()) }),
});
