import type { StateStore } from '../state.ts';

/** The parts of a budget of series that are a tenant's own; the settings hold for the others. */
export type BudgetOverride = Partial<
  Record<
    | 'maxSeries'
    | 'maxSeriesPerAgent'
    | 'maxNewSeriesPerMinute'
    | 'maxAgents'
    | 'maxLabels'
    | 'maxLabelNameLength'
    | 'maxLabelValueLength',
    number
  >
>;

/** The overrides of all tenants that have one. */
export async function listBudgets({ db }: StateStore): Promise<Map<string, BudgetOverride>> {
  const rows = await db.selectFrom('tenant_budgets').select(['tenant', 'budget']).execute();
  return new Map(rows.map(({ tenant, budget }) => [tenant, JSON.parse(budget) as BudgetOverride]));
}

/** Gives a tenant an override in place of the one before; an empty one leaves it to the settings. */
export async function setBudget(
  { db }: Pick<StateStore, 'db'>,
  tenant: string,
  override: BudgetOverride,
  now: Date,
): Promise<void> {
  const values = { budget: JSON.stringify(override), changed_at: now.getTime() };
  await db
    .insertInto('tenant_budgets')
    .values({ tenant, ...values })
    .onConflict((conflict) => conflict.column('tenant').doUpdateSet(values))
    .execute();
}
