import { randomUUID } from 'node:crypto';
import type { StateStore } from '../state.ts';

/** Every change of state that is recorded, named by what was changed and what became of it. */
export const auditActions = [
  'tenant.created',
  'key.created',
  'key.rotated',
  'key.revoked',
  'job.run_requested',
  'model.promoted',
  'maintenance.added',
  'maintenance.removed',
  'slo.created',
  'slo.changed',
  'slo.deleted',
  'feedback.given',
  'feedback.withdrawn',
  'incident.acknowledged',
  'incident.resolved',
  'detector.changed',
  'quarantine.replayed',
  'cardinality.changed',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** Who changed something, and from where. */
export interface Actor {
  tenant: string;
  /** Empty for a command on the machine itself, and while no keys are required. */
  keyId: string;
  keyName: string;
  /** The address of the peer; `local` for a command on the machine itself. */
  address: string;
}

export interface AuditEntry extends Actor {
  id: string;
  /** Unix milliseconds. */
  at: number;
  action: AuditAction;
  /** The id of what was changed. */
  target: string;
  details: Record<string, unknown>;
}

/**
 * Records a change of state. Call it with the change itself, in one transaction where there is one
 * (`recordAudit({ db: transaction }, ...)`), so that neither is there without the other.
 *
 * @param details what is worth knowing later: the new settings, a window, a reason. Never a secret.
 * @example
 * await recordAudit(state, actorOf(context), { action: 'slo.changed', target: id, details: { objective } }, now());
 */
export async function recordAudit(
  { db }: Pick<StateStore, 'db'>,
  { tenant, keyId, keyName, address }: Actor,
  { action, target, details = {} }: { action: AuditAction; target: string; details?: Record<string, unknown> },
  now: Date,
): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({
      id: randomUUID(),
      tenant,
      at: now.getTime(),
      action,
      target,
      key_id: keyId,
      key_name: keyName,
      address,
      details: JSON.stringify(details),
    })
    .execute();
}

/** The changes of a tenant in `[from, to)`, newest first, after a cursor of (time, id). */
export async function listAudit(
  { db }: StateStore,
  {
    tenant,
    action,
    from,
    to,
    after,
    limit,
  }: {
    tenant: string;
    action?: AuditAction | undefined;
    from: number;
    to: number;
    after?: readonly [at: number, id: string] | undefined;
    limit: number;
  },
): Promise<AuditEntry[]> {
  let query = db.selectFrom('audit_log').selectAll().where('tenant', '=', tenant);
  query = query.where('at', '>=', from).where('at', '<', to);
  if (action !== undefined) query = query.where('action', '=', action);
  if (after !== undefined) {
    const [at, id] = after;
    query = query.where((is) => is.or([is('at', '<', at), is.and([is('at', '=', at), is('id', '<', id)])]));
  }
  const rows = await query.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute();
  return rows.map(({ key_id, key_name, ...row }) => ({
    ...row,
    keyId: key_id,
    keyName: key_name,
    action: row.action as AuditAction,
    details: JSON.parse(row.details) as Record<string, unknown>,
  }));
}

/** Forgets what was changed before `before`, in Unix milliseconds. Answers how many entries went. */
export async function deleteAuditBefore({ db }: StateStore, before: number): Promise<number> {
  const { numDeletedRows } = await db.deleteFrom('audit_log').where('at', '<', before).executeTakeFirst();
  return Number(numDeletedRows);
}
