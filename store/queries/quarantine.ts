import { z } from 'zod';
import { defineQuery } from '../query.ts';
import { integer, milliseconds, time } from './columns.ts';

const row = z.object({
  id: z.string(),
  at: integer,
  source: z.string(),
  kind: z.string(),
  reason: z.string(),
  detail: z.string(),
  record: z.string(),
  replayed_at: integer.nullable(),
});
export type QuarantinedRecord = z.output<typeof row>;

/**
 * Records in quarantine of a tenant in `[from, to)`, newest first, after a cursor of (time, id). An empty text of a
 * filter stands for any; of `ids`, when there are some, only those. Of those that wait, one whose time was clamped is
 * none: it is stored.
 */
export const listQuarantine = defineQuery({
  name: 'list_quarantine',
  sql: `SELECT id, ${milliseconds('q.time')} AS at, source, kind, reason, detail, record,
    if(isNull(q.replayed_at), NULL, toUnixTimestamp64Milli(assumeNotNull(q.replayed_at))) AS replayed_at
  FROM quarantine AS q FINAL
  WHERE tenant = {tenant:String} AND q.time >= ${time('from')} AND q.time < ${time('to')}
    AND ({kind:String} = '' OR kind = {kind:String})
    AND ({reason:String} = '' OR reason = {reason:String})
    AND ({source:String} = '' OR source = {source:String})
    AND (empty({ids:Array(String)}) OR has({ids:Array(String)}, id))
    AND (NOT {onlyWaiting:Bool} OR (isNull(q.replayed_at) AND reason != 'clamped'))
    AND (q.time, id) < (${time('afterTime')}, {afterId:String})
  ORDER BY q.time DESC, id DESC
  LIMIT {limit:UInt32}`,
  params: z.object({
    tenant: z.string(),
    from: z.number().int(),
    to: z.number().int(),
    kind: z.string().default(''),
    reason: z.string().default(''),
    source: z.string().default(''),
    ids: z.array(z.string()).default([]),
    onlyWaiting: z.boolean().default(false),
    afterTime: z.number().int().default(4_102_444_800_000),
    afterId: z.string().default(''),
    limit: z.number().int(),
  }),
  row,
});

/** How many records of a tenant are in quarantine in `[from, to)`, by source, kind and reason; the most first. */
export const countQuarantine = defineQuery({
  name: 'count_quarantine',
  sql: `SELECT source, kind, reason, count() AS records, countIf(isNull(q.replayed_at) AND reason != 'clamped') AS waiting,
    ${milliseconds('max(q.time)')} AS last_at
  FROM quarantine AS q FINAL
  WHERE tenant = {tenant:String} AND q.time >= ${time('from')} AND q.time < ${time('to')}
  GROUP BY source, kind, reason
  ORDER BY records DESC, source, kind, reason`,
  params: z.object({ tenant: z.string(), from: z.number().int(), to: z.number().int() }),
  row: z.object({
    source: z.string(),
    kind: z.string(),
    reason: z.string(),
    records: integer,
    waiting: integer,
    last_at: integer,
  }),
});
