import type { Job, JobWindow } from '../../analytics/job.ts';
import { createModelPool, type ModelPool } from '../../models/pool.ts';
import { migrateState } from '../../store/migrate-state.ts';
import { listIncidents } from '../../store/queries/incidents.ts';
import { openStateStore, type StateStore } from '../../store/state.ts';
import type { TelemetryStore } from '../../store/telemetry.ts';
import { createLogger } from '../../telemetry/log.ts';
import { dayMs, farDay, hourMs, minuteMs, mondayMs } from '../store/rows.ts';
import { newTenant, startTelemetry } from '../store/targets.ts';

/** What jobs are made of: an embedded store, and threads with the models. */
export interface Workbench {
  telemetry: TelemetryStore;
  models: ModelPool;
  stop(): Promise<void>;
}

export async function startWorkbench(): Promise<Workbench> {
  const { store: telemetry, stop } = await startTelemetry();
  const models = createModelPool({ threads: 1, maxMemoryMb: 512, taskTimeoutSeconds: 180 });
  return {
    telemetry,
    models,
    stop: async () => {
      await models.close();
      await stop();
    },
  };
}

/** A state store in memory with one tenant that no other test has: jobs run for the tenants of their state. */
export async function newTenantState(): Promise<{ tenant: string; state: StateStore }> {
  const tenant = newTenant();
  const state = openStateStore({ url: 'sqlite::memory:', holder: 'test', now: () => new Date() });
  await migrateState(state);
  const retention = { raw_retention_days: 90, rollup_retention_days: 400 };
  await state.db
    .insertInto('tenants')
    .values({ id: tenant, name: tenant, ...retention, created_at: 0 })
    .execute();
  return { tenant, state };
}

/** Nine o'clock of a Monday, and so many minutes after it: what the tests of agents and tasks count from. */
export const nine = mondayMs + 9 * hourMs;
export const minute = (n: number) => nine + n * minuteMs;

/** Every incident of a tenant, newest first. */
export function allIncidents(telemetry: TelemetryStore, tenant: string) {
  return telemetry.query(listIncidents, {
    ...{ tenant, severity: '', cause: '', agent: '', type: '', metric: '', from: 0, to: 9e12, open: 2, resolved: [] },
    ...{ beforeTime: 9e12, beforeId: '', limit: 1000 },
  });
}

/** Runs a job over `[from, to)` as the runner would. */
export function runWindow(
  job: Job,
  from: number,
  to: number,
  rest: Partial<JobWindow> = {},
): Promise<Record<string, number>> {
  return job.run({
    from,
    to,
    // So late that no TTL drops what is written.
    retainFromDay: farDay - 400,
    signal: new AbortController().signal,
    log: createLogger('silent'),
    progress: () => {},
    partFailed: () => {},
    ...rest,
  });
}

/** Runs a job over the windows between the edges, each after the other. */
export async function runWindows(job: Job, edges: readonly number[], rest: Partial<JobWindow> = {}): Promise<void> {
  for (let i = 1; i < edges.length; i++) await runWindow(job, edges[i - 1]!, edges[i]!, rest);
}

/** A value that swings by a fifth over the day around 100, with a noise of 1 % that is the same at each run. */
export function dailySwing(timeMs: number): number {
  const noise = Math.sin(timeMs / 7919) * Math.cos(timeMs / 104_729);
  return 100 + 20 * Math.sin((2 * Math.PI * timeMs) / dayMs) + noise;
}
