import { randomUUID } from 'node:crypto';
import type { StateStore } from '../state.ts';

/** A stretch of time in which samples went to overflow series over one limit. */
export interface OverflowEvent {
  tenant: string;
  /** Which limit was exceeded. */
  exceeded: string;
  /** The agent that was over its budget; empty when the budget is that of the tenant. */
  agent: string;
  /** The metric of the first sample. */
  metric: string;
  /** Unix milliseconds. */
  startedAt: number;
  lastAt: number;
  samples: number;
}

/** What follows within this time belongs to the same event. */
const pauseMs = 600_000;

/** Adds samples to the event of the same limit and agent that goes on, or begins one. */
export async function recordOverflow(
  { db }: StateStore,
  { samples, metric, ...of }: Pick<OverflowEvent, 'tenant' | 'exceeded' | 'agent' | 'metric' | 'samples'>,
  now: Date,
): Promise<void> {
  const at = now.getTime();
  const { numUpdatedRows } = await db
    .updateTable('overflows')
    .set((is) => ({ last_at: at, samples: is('samples', '+', samples) }))
    .where('tenant', '=', of.tenant)
    .where('exceeded', '=', of.exceeded)
    .where('agent', '=', of.agent)
    .where('last_at', '>=', at - pauseMs)
    .executeTakeFirst();
  if (Number(numUpdatedRows) > 0) return;
  const event = { ...of, metric, started_at: at, last_at: at, samples };
  await db
    .insertInto('overflows')
    .values({ id: randomUUID(), ...event })
    .execute();
}

/** The events of a tenant that went on after `since`, in Unix milliseconds; the newest first. */
export async function listOverflows(
  { db }: StateStore,
  { tenant, since, limit }: { tenant: string; since: number; limit: number },
): Promise<OverflowEvent[]> {
  const rows = await db
    .selectFrom('overflows')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('last_at', '>=', since)
    .orderBy('last_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id: _, started_at, last_at, ...row }) => ({ ...row, startedAt: started_at, lastAt: last_at }));
}

/** Forgets what ended before `before`. */
export async function deleteOverflowsBefore({ db }: StateStore, before: number): Promise<number> {
  const { numDeletedRows } = await db.deleteFrom('overflows').where('last_at', '<', before).executeTakeFirst();
  return Number(numDeletedRows);
}
