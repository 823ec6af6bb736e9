import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { principalOfKey, storeBootstrapKey, storeKey } from '../../../store/records/api-keys.ts';
import {
  advanceWatermark,
  deleteRunsBefore,
  failAbandonedRuns,
  findRun,
  insertRun,
  type JobRun,
  listRuns,
  readWatermark,
  updateRun,
} from '../../../store/records/job-runs.ts';
import { ensureSlos, listSlos } from '../../../store/records/slo-definitions.ts';
import { defaultTenant, ensureDefaultTenant, listTenants } from '../../../store/records/tenants.ts';
import type { StateStore } from '../../../store/state.ts';
import { queryOnce } from '../../support/postgres.ts';
import { startState, stateTargets, type TestState } from '../state-targets.ts';

const now = new Date(Date.UTC(2026, 0, 5));
const later = (ms: number) => new Date(now.getTime() + ms);

describe.each(stateTargets)('records on $engine', ({ isAvailable, ...target }) => {
  describe.skipIf(!isAvailable)('are kept', () => {
    let state: TestState;
    let store: StateStore;
    beforeEach(async () => {
      state = await startState({ isAvailable, ...target });
      store = state.store;
    });
    afterEach(() => state.remove());

    describe('watermarks', () => {
      test('are unknown before the first run, move on, and never go back', async () => {
        expect(await readWatermark(store, 'detect')).toBeUndefined();
        for (const watermark of [100, 50, 200, 199]) await advanceWatermark(store, 'detect', watermark);
        await advanceWatermark(store, 'forecast', 7);
        expect(await readWatermark(store, 'detect')).toBe(200);
        expect(await readWatermark(store, 'forecast')).toBe(7);
      });
    });

    describe('runs of jobs', () => {
      const run = (id: string, rest: Partial<JobRun> = {}): JobRun => ({
        ...{ id, job: 'detect', trigger: 'schedule', from: 1, to: 2, status: 'running', progress: 0.25 },
        ...{ startedAt: 10, finishedAt: null, result: {}, error: '', ...rest },
      });

      test('come back as they were written, newest first, each job apart', async () => {
        const runs = [
          run('a', { startedAt: 10 }),
          run('b', { startedAt: 30, trigger: 'request' }),
          run('c', { startedAt: 20 }),
        ];
        for (const each of [...runs, run('d', { job: 'forecast' })]) await insertRun(store, each, 'holder');
        expect(await listRuns(store, 'detect', 10)).toEqual([runs[1], runs[2], runs[0]]);
        expect(await listRuns(store, 'detect', 2)).toHaveLength(2);
        expect(await findRun(store, 'detect', 'b')).toEqual(runs[1]);
        expect(await findRun(store, 'forecast', 'b')).toBeUndefined();
      });

      test('tell what has become of them', async () => {
        await insertRun(store, run('a'), 'holder');
        const ended = run('a', { status: 'failed', progress: 0.5, finishedAt: 99, result: { series: 3 }, error: 'no' });
        await updateRun(store, ended);
        expect(await findRun(store, 'detect', 'a')).toEqual(ended);
      });

      test('that a dead process left behind have failed; others are left as they are', async () => {
        await insertRun(store, run('dead'), 'holder');
        await insertRun(store, run('queued', { status: 'queued' }), 'holder');
        await insertRun(store, run('done', { status: 'succeeded', finishedAt: 11 }), 'holder');
        await insertRun(store, run('other', { job: 'forecast' }), 'holder');
        await failAbandonedRuns(store, 'detect', 50);
        expect(await findRun(store, 'detect', 'dead')).toMatchObject({
          status: 'failed',
          finishedAt: 50,
          error: expect.stringMatching(/ended/),
        });
        expect(await findRun(store, 'detect', 'queued')).toMatchObject({ status: 'queued' });
        expect(await findRun(store, 'detect', 'done')).toMatchObject({ status: 'succeeded', finishedAt: 11 });
        expect(await findRun(store, 'forecast', 'other')).toMatchObject({ status: 'running' });
      });

      test('that are old are forgotten', async () => {
        for (const startedAt of [10, 20, 30]) await insertRun(store, run(`r${startedAt}`, { startedAt }), 'holder');
        await deleteRunsBefore(store, 'detect', 20);
        expect((await listRuns(store, 'detect', 10)).map(({ id }) => id)).toEqual(['r30', 'r20']);
      });
    });

    describe('API keys', () => {
      const key = 'a-key-that-nobody-would-guess-4711';

      test('speak for their tenant with their scopes; another key speaks for nobody', async () => {
        await storeKey(store, key, { tenant: defaultTenant, name: 'ci', scopes: ['ingest', 'read'] }, now);
        expect(await principalOfKey(store, key, now)).toEqual({
          tenant: defaultTenant,
          name: 'ci',
          scopes: ['ingest', 'read'],
        });
        expect(await principalOfKey(store, `${key}x`, now)).toBeUndefined();
        expect(await principalOfKey(store, '', now)).toBeUndefined();
      });

      test('stored again take the new scopes; the bootstrap key has them all', async () => {
        await storeKey(store, key, { tenant: defaultTenant, name: 'ci', scopes: ['ingest'] }, now);
        await storeBootstrapKey(store, key, now);
        expect((await principalOfKey(store, key, now))?.scopes).toEqual(['ingest', 'read', 'operate', 'admin']);
        expect(await store.db.selectFrom('api_keys').selectAll().execute()).toHaveLength(1);
      });

      test('end at the moment of their expiry', async () => {
        await storeKey(store, key, { tenant: defaultTenant, name: 'ci', scopes: ['read'] }, now);
        await store.db.updateTable('api_keys').set({ expires_at: now.getTime() }).execute();
        expect(await principalOfKey(store, key, later(-1))).toBeDefined();
        expect(await principalOfKey(store, key, now)).toBeUndefined();
      });

      test('are nowhere in the database, only their hashes', async () => {
        await storeBootstrapKey(store, key, now);
        expect(await everything(state.url)).toContain('bootstrap');
        expect(await everything(state.url)).not.toContain(key);
      });

      test('of a tenant that does not exist are refused', async () => {
        await expect(storeKey(store, key, { tenant: 'nobody', name: '', scopes: [] }, now)).rejects.toThrow(
          /foreign key/i,
        );
      });
    });

    describe('SLOs', () => {
      test('are two to begin with, one for availability and one for task success', async () => {
        await ensureSlos(store, defaultTenant, now);
        const slos = await listSlos(store, defaultTenant);
        expect(slos.map(({ id, indicator, objective, windowDays }) => [id, indicator, objective, windowDays])).toEqual([
          ['fleet-availability', 'availability', 0.99, 30],
          ['task-success', 'task_success', 0.97, 30],
        ]);
        expect(await listSlos(store)).toEqual(slos);
        expect(await listSlos(store, 'nobody')).toEqual([]);
      });

      test('that were changed are left as they are at the next start', async () => {
        await ensureSlos(store, defaultTenant, now);
        await store.db.updateTable('slos').set({ objective: 0.5 }).where('id', '=', 'task-success').execute();
        await ensureSlos(store, defaultTenant, later(1));
        expect((await listSlos(store)).map(({ objective }) => objective)).toEqual([0.99, 0.5]);
      });
    });

    test('the default tenant takes the retention of the settings at each start', async () => {
      await ensureDefaultTenant(store, { rawDays: 7, rollupDays: 30 }, now);
      expect(await listTenants(store)).toEqual([
        { id: 'default', name: 'Default', rawRetentionDays: 7, rollupRetentionDays: 30 },
      ]);
    });
  });
});

/** All that a thief of the database would read: its files, or every row of the table of keys. */
async function everything(url: string): Promise<string> {
  if (!url.startsWith('sqlite:')) return JSON.stringify(await queryOnce(url, 'SELECT * FROM api_keys'));
  const folder = dirname(url.slice('sqlite:'.length));
  return readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'latin1'))
    .join('');
}
