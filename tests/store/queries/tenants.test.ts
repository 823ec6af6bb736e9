import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const folder = join(import.meta.dirname, '../../../store/queries');

/** What works for all tenants at once: jobs, the start and the probe. No route gives their rows to anybody. */
const ofAllTenants = new Set([
  'active_series',
  'derive_heartbeat_gaps',
  'derive_queue_depth',
  'estimate_clock_skews',
  'insert_stuck_tasks',
  'insert_transitions',
  'learn_intervals',
  'probe',
  'read_pressure',
]);

interface Sql {
  name: string;
  sql: string;
}

function isSql(value: unknown): value is Sql {
  return typeof value === 'object' && value !== null && 'sql' in value && 'name' in value;
}

const queries: Sql[] = [];
for (const file of readdirSync(folder)) {
  const module = (await import(join(folder, file))) as Record<string, unknown>;
  queries.push(...Object.values(module).filter(isSql));
}

test('every query is of one tenant, but for those that are known to work for all', () => {
  expect(queries.length).toBeGreaterThan(20);
  const open = queries.filter(({ sql }) => !/tenant = \{tenant:String\}/.test(sql)).map(({ name }) => name);
  expect(new Set(open)).toEqual(ofAllTenants);
});
