import type { StateStore } from '../state.ts';

export const indicators = ['availability', 'task_success'] as const;
export type Indicator = (typeof indicators)[number];

/** What is promised: so much of the indicator, over so many days. */
export interface SloDefinition {
  tenant: string;
  id: string;
  name: string;
  description: string;
  indicator: Indicator;
  /** An agent type for availability, a task kind for task success; empty for all. */
  selector: string;
  /** In (0, 1). */
  objective: number;
  windowDays: number;
}

const foundation: readonly Omit<SloDefinition, 'tenant'>[] = [
  {
    id: 'fleet-availability',
    name: 'Fleet availability',
    description: 'Of the minutes that agents owe, the share that a heartbeat attests.',
    indicator: 'availability',
    selector: '',
    objective: 0.99,
    windowDays: 30,
  },
  {
    id: 'task-success',
    name: 'Task success',
    description: 'Of the attempts of tasks that ended, the share that succeeded.',
    indicator: 'task_success',
    selector: '',
    objective: 0.97,
    windowDays: 30,
  },
];

/** Gives a tenant the two SLOs that everybody starts with; one that exists is left as it is. */
export async function ensureSlos({ db }: Pick<StateStore, 'db'>, tenant: string, now: Date): Promise<void> {
  const rows = foundation.map(({ windowDays, ...slo }) => ({
    tenant,
    ...slo,
    window_days: windowDays,
    created_at: now.getTime(),
  }));
  await db
    .insertInto('slos')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['tenant', 'id']).doNothing())
    .execute();
}

/** The SLOs of one tenant, or of all, in the order of their ids. */
export async function listSlos({ db }: StateStore, tenant?: string): Promise<SloDefinition[]> {
  let query = db.selectFrom('slos').selectAll().orderBy('tenant').orderBy('id');
  if (tenant !== undefined) query = query.where('tenant', '=', tenant);
  const rows = await query.execute();
  return rows.map(({ window_days, created_at: _, ...row }) => ({
    ...row,
    indicator: row.indicator as Indicator,
    windowDays: window_days,
  }));
}
