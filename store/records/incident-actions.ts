import type { StateStore } from '../state.ts';

export const incidentActions = ['acknowledged', 'resolved'] as const;
export type IncidentAction = (typeof incidentActions)[number];

/** What a person did about an incident; `at` is Unix milliseconds. */
export interface IncidentActionRecord {
  incident: string;
  action: IncidentAction;
  actor: string;
  note: string;
  at: number;
}

/** Keeps an action; the same one again takes the place of the first. */
export async function recordIncidentAction(
  { db }: Pick<StateStore, 'db'>,
  tenant: string,
  { incident, action, actor, note, at }: IncidentActionRecord,
): Promise<void> {
  await db
    .insertInto('incident_actions')
    .values({ tenant, incident, action, actor, note, at })
    .onConflict((conflict) => conflict.columns(['tenant', 'incident', 'action']).doUpdateSet({ actor, note, at }))
    .execute();
}

/** What was done about some incidents, or about all, the earliest first; since `from`. */
export async function listIncidentActions(
  { db }: StateStore,
  tenant: string,
  { incidents, action, from = 0 }: { incidents?: readonly string[]; action?: IncidentAction; from?: number },
): Promise<IncidentActionRecord[]> {
  if (incidents?.length === 0) return [];
  let query = db.selectFrom('incident_actions').selectAll().where('tenant', '=', tenant).where('at', '>=', from);
  if (incidents !== undefined) query = query.where('incident', 'in', incidents);
  if (action !== undefined) query = query.where('action', '=', action);
  const rows = await query.orderBy('at').orderBy('incident').execute();
  return rows.map(({ tenant: _, ...row }) => ({ ...row, action: row.action as IncidentAction }));
}

const ninetyDaysMs = 90 * 86_400_000;

/** When people resolved incidents, by incident, of the ninety days before `asOf`. */
export async function resolutions(state: StateStore, tenant: string, asOf: number): Promise<Map<string, number>> {
  const rows = await listIncidentActions(state, tenant, { action: 'resolved', from: asOf - ninetyDaysMs });
  return new Map(rows.map(({ incident, at }) => [incident, at]));
}
