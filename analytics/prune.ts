import { deleteAuditBefore } from '../store/records/audit.ts';
import { deleteOverflowsBefore } from '../store/records/overflows.ts';
import type { StateStore } from '../store/state.ts';
import type { Job } from './job.ts';

const dayMs = 86_400_000;

/** Forgets what the state store has kept for long enough. What ClickHouse keeps ends by itself, by its TTL. */
export function createPruneJob({ state, auditDays }: { state: StateStore; auditDays: number }): Job {
  return {
    id: 'prune',
    description: 'Forgets entries of the audit log, and overflows of series, when they are old',
    schedule: '0 17 3 * * *',
    intervalSeconds: 86_400,
    stepSeconds: 3600,
    maxWindowSeconds: 30 * 86_400,
    initialLookbackSeconds: 3600,
    async run({ to }) {
      const before = to - auditDays * dayMs;
      return {
        auditEntries: await deleteAuditBefore(state, before),
        overflows: await deleteOverflowsBefore(state, before),
      };
    },
  };
}
