import { randomUUID } from 'node:crypto';
import type { StateStore, StateTables } from '../state.ts';

/** A time `[from, to)`, in Unix milliseconds, in which the selected series say nothing of how things normally are. */
export interface MaintenanceWindow {
  id: string;
  tenant: string;
  /** Which series: of this agent, of agents of this type, of this metric; empty for any. */
  agent: string;
  agentType: string;
  metric: string;
  from: number;
  to: number;
  reason: string;
  createdBy: string;
  createdAt: number;
}

/** Stores a window, and answers it with its id. */
export async function addMaintenanceWindow(
  { db }: StateStore,
  window: Omit<MaintenanceWindow, 'id' | 'createdAt'>,
  now: Date,
): Promise<MaintenanceWindow> {
  const stored = { ...window, id: randomUUID(), createdAt: now.getTime() };
  await db
    .insertInto('maintenance_windows')
    .values({
      id: stored.id,
      tenant: stored.tenant,
      agent: stored.agent,
      agent_type: stored.agentType,
      metric: stored.metric,
      from_time: stored.from,
      to_time: stored.to,
      reason: stored.reason,
      created_by: stored.createdBy,
      created_at: stored.createdAt,
    })
    .execute();
  return stored;
}

/** The windows of a tenant that touch `[from, to)`, by their start, after a cursor of (start, id). */
export async function listMaintenanceWindows(
  { db }: StateStore,
  tenant: string,
  { from, to, after, limit }: { from: number; to: number; after?: readonly [number, string]; limit?: number },
): Promise<MaintenanceWindow[]> {
  let query = db
    .selectFrom('maintenance_windows')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('from_time', '<', to)
    .where('to_time', '>', from)
    .orderBy('from_time')
    .orderBy('id');
  if (limit !== undefined) query = query.limit(limit);
  if (after !== undefined) {
    const [time, id] = after;
    query = query.where((is) =>
      is.or([is('from_time', '>', time), is.and([is('from_time', '=', time), is('id', '>', id)])]),
    );
  }
  return (await query.execute()).map(fromRow);
}

/** Removes a window; answers whether it was there. */
export async function deleteMaintenanceWindow({ db }: StateStore, tenant: string, id: string): Promise<boolean> {
  const deleted = await db
    .deleteFrom('maintenance_windows')
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .returning('id')
    .execute();
  return deleted.length > 0;
}

function fromRow(row: StateTables['maintenance_windows']): MaintenanceWindow {
  return {
    id: row.id,
    tenant: row.tenant,
    agent: row.agent,
    agentType: row.agent_type,
    metric: row.metric,
    from: row.from_time,
    to: row.to_time,
    reason: row.reason,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
