import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createKey,
  findKey,
  listKeys,
  revokeKey,
  rotateKey,
  storeBootstrapKey,
  storeKey,
  touchKey,
  validityOf,
} from '../../../store/records/api-keys.ts';
import { deleteAuditBefore, listAudit, recordAudit } from '../../../store/records/audit.ts';
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
      const grant = { tenant: defaultTenant, name: 'ci', scopes: ['ingest', 'read'] } as const;
      const day = 86_400_000;

      test('speak for their tenant with their scopes; another key speaks for nobody', async () => {
        await storeKey(store, key, grant, now);
        expect(await findKey(store, key)).toMatchObject(grant);
        expect(await findKey(store, `${key}x`)).toBeUndefined();
        expect(await findKey(store, '')).toBeUndefined();
      });

      test('stored again take the new scopes; the bootstrap key has them all', async () => {
        await storeKey(store, key, { ...grant, scopes: ['ingest'] }, now);
        await storeBootstrapKey(store, key, now);
        expect((await findKey(store, key))?.scopes).toEqual(['ingest', 'read', 'operate', 'admin']);
        expect(await listKeys(store, defaultTenant)).toHaveLength(1);
      });

      test('are good until the moment of their expiry, or until they are revoked', async () => {
        const { stored } = await createKey(store, { ...grant, expiresAt: now.getTime() }, now);
        expect(validityOf(stored, later(-1))).toBe('valid');
        expect(validityOf(stored, now)).toBe('expired');
        const endless = await createKey(store, grant, now);
        expect(validityOf(endless.stored, later(1e12))).toBe('valid');
        expect(validityOf(await revokeKey(store, endless.stored, later(5)), later(5))).toBe('revoked');
        expect((await revokeKey(store, endless.stored, later(9))).revokedAt).toBe(later(5).getTime());
        expect((await findKey(store, endless.key))?.revokedAt).toBe(later(5).getTime());
      });

      test('are rotated with an overlap: the old one works on for so long, the new one lives as long as it did', async () => {
        const made = await createKey(store, { ...grant, expiresAt: later(90 * day).getTime() }, now);
        const rotated = await rotateKey(store, { ...made.stored, overlapDays: 30 }, later(10 * day));
        expect(rotated.key).not.toBe(made.key);
        expect(rotated.stored).toMatchObject({ ...grant, expiresAt: later(100 * day).getTime(), replacedBy: null });
        expect(await findKey(store, made.key)).toMatchObject({
          expiresAt: later(40 * day).getTime(),
          replacedBy: rotated.stored.id,
        });
        const again = rotateKey(store, { ...made.stored, overlapDays: 30 }, later(11 * day));
        await expect(again).rejects.toMatchObject({ code: 'conflict' });
      });

      test('never live longer for being rotated, and cannot be rotated once they ended', async () => {
        const made = await createKey(store, { ...grant, expiresAt: later(5 * day).getTime() }, now);
        const { old } = await rotateKey(store, { ...made.stored, overlapDays: 30 }, now);
        expect(old.expiresAt).toBe(later(5 * day).getTime());
        const gone = await createKey(store, grant, now);
        await revokeKey(store, gone.stored, now);
        const rotation = rotateKey(store, { ...gone.stored, overlapDays: 30 }, now);
        await expect(rotation).rejects.toMatchObject({ code: 'conflict' });
      });

      test('of another tenant are not found', async () => {
        const { stored } = await createKey(store, grant, now);
        const foreign = { tenant: 'other', id: stored.id };
        await expect(revokeKey(store, foreign, now)).rejects.toMatchObject({ code: 'not_found' });
        await expect(rotateKey(store, { ...foreign, overlapDays: 1 }, now)).rejects.toMatchObject({
          code: 'not_found',
        });
        expect(await listKeys(store, 'other')).toEqual([]);
      });

      test('remember when they were used last', async () => {
        const { stored, key: made } = await createKey(store, grant, now);
        await touchKey(store, stored.id, later(7));
        expect((await findKey(store, made))?.lastUsedAt).toBe(later(7).getTime());
      });

      test('are nowhere in the database, only their hashes and how they begin', async () => {
        await storeBootstrapKey(store, key, now);
        const made = await createKey(store, grant, now);
        const stolen = await everything(state.url);
        expect(stolen).toContain('bootstrap');
        expect(stolen).not.toContain(key);
        expect(stolen).not.toContain(made.key);
        expect(made.key.startsWith(made.stored.hint)).toBe(true);
        expect(made.stored.hint).toHaveLength(8);
      });

      test('of a tenant that does not exist are refused', async () => {
        await expect(storeKey(store, key, { tenant: 'nobody', name: '', scopes: [] }, now)).rejects.toThrow(
          /foreign key/i,
        );
      });
    });

    describe('the audit log', () => {
      const actor = { tenant: defaultTenant, keyId: 'k', keyName: 'ops', address: '10.0.0.7' };
      const window = { tenant: defaultTenant, from: 0, to: later(1000).getTime() };
      const record = (target: string, ms: number, tenant = defaultTenant) =>
        recordAudit(store, { ...actor, tenant }, { action: 'key.created', target, details: { target } }, later(ms));

      test('tells who changed what, when and from where, newest first', async () => {
        await record('a', 1);
        await record('b', 2);
        const [newest, ...rest] = await listAudit(store, { ...window, limit: 10 });
        expect(newest).toEqual({
          ...actor,
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          at: later(2).getTime(),
          action: 'key.created',
          target: 'b',
          details: { target: 'b' },
        });
        expect(rest.map(({ target }) => target)).toEqual(['a']);
      });

      test('is read in pages that hold each entry once, though many have the same time', async () => {
        for (let i = 0; i < 5; i++) await record(`t${i}`, 3);
        await record('other', 3, 'other');
        const seen: string[] = [];
        for (let after: [number, string] | undefined; ; ) {
          const page = await listAudit(store, { ...window, after, limit: 2 });
          if (page.length === 0) break;
          seen.push(...page.map(({ target }) => target));
          after = [page.at(-1)!.at, page.at(-1)!.id];
        }
        expect(seen.sort()).toEqual(['t0', 't1', 't2', 't3', 't4']);
      });

      test('is asked by action and time, and forgets what is old', async () => {
        await record('old', 1);
        await recordAudit(store, actor, { action: 'key.revoked', target: 'x' }, later(5));
        const asked = await listAudit(store, { ...window, action: 'key.revoked', limit: 9 });
        expect(asked.map(({ target, details }) => [target, details])).toEqual([['x', {}]]);
        expect(await listAudit(store, { ...window, to: later(1).getTime(), limit: 9 })).toEqual([]);
        expect(await deleteAuditBefore(store, later(5).getTime())).toBe(1);
        expect((await listAudit(store, { ...window, limit: 9 })).map(({ target }) => target)).toEqual(['x']);
      });

      test('holds nothing of a change that was rolled back', async () => {
        const change = store.db.transaction().execute(async (db) => {
          await recordAudit({ db }, actor, { action: 'slo.changed', target: 's' }, now);
          throw new Error('no');
        });
        await expect(change).rejects.toThrow('no');
        expect(await listAudit(store, { ...window, limit: 9 })).toEqual([]);
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
