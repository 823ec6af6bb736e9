import { expect, test } from 'vitest';
import { createPruneJob } from '../../analytics/prune.ts';
import { listAudit, recordAudit } from '../../store/records/audit.ts';
import { listOverflows, recordOverflow } from '../../store/records/overflows.ts';
import { dayMs, mondayMs } from '../store/rows.ts';
import { newTenantState, runWindow } from './workbench.ts';

test('prune forgets what is older than it is kept, by the window and not by the clock, and again changes nothing', async () => {
  const { tenant, state } = await newTenantState();
  const actor = { tenant, keyId: '', keyName: '', address: '' };
  const overflow = { tenant, exceeded: 'series', agent: '', metric: 'm', samples: 1 };
  for (const [target, day] of [
    ['old', 0],
    ['new', 20],
  ] as const) {
    const at = new Date(mondayMs + day * dayMs);
    await recordAudit(state, actor, { action: 'slo.changed', target }, at);
    await recordOverflow(state, { ...overflow, metric: target }, at);
  }
  const job = createPruneJob({ state, auditDays: 30 });
  const to = mondayMs + 31 * dayMs;
  expect(await runWindow(job, to - dayMs, to)).toEqual({ auditEntries: 1, overflows: 1 });
  expect(await runWindow(job, to - dayMs, to)).toEqual({ auditEntries: 0, overflows: 0 });
  const entries = await listAudit(state, { tenant, from: 0, to, limit: 9 });
  expect(entries.map(({ target }) => target)).toEqual(['new']);
  const overflows = await listOverflows(state, { tenant, since: 0, limit: 9 });
  expect(overflows.map(({ metric }) => metric)).toEqual(['new']);
});
