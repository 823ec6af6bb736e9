import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listPromotions, promoteModel, rollbackModel } from '../../../store/records/model-promotions.ts';
import { findModel, findModelByData, listModels, modelInUse, storeModel } from '../../../store/records/models.ts';
import { defaultTenant } from '../../../store/records/tenants.ts';
import * as foundation from '../../../store/schema/state/0001_foundation.ts';
import * as modelRegistry from '../../../store/schema/state/0002_model_registry.ts';
import { openStateStore, type StateStore } from '../../../store/state.ts';
import { startState, stateTargets, type TestState } from '../state-targets.ts';

const now = new Date(Date.UTC(2026, 0, 5));
const later = (ms: number) => new Date(now.getTime() + ms);
const kind = 'seasonal-mlp';
const author = { actor: 'test', reason: 'because' };

test('the version that was in use before there was a registry is in use after', async () => {
  const store = openStateStore({ url: 'sqlite::memory:', holder: 'test', now: () => now });
  await foundation.up(store.db as never);
  await store.db
    .insertInto('tenants')
    .values({ id: 't', name: 't', raw_retention_days: 1, rollup_retention_days: 1, created_at: 0 })
    .execute();
  const versions = [1, 2, 3].map((version) => ({
    ...{ id: `id-${version}`, tenant: 't', kind, version, weights: Buffer.from('w'), metadata: '{}', created_at: 1 },
    ...{ checksum: createHash('sha256').update('w').digest('hex'), promoted_at: version === 3 ? null : version },
  }));
  await store.db
    .insertInto('models')
    .values(versions as never)
    .execute();
  await modelRegistry.up(store.db as never);
  expect(await modelInUse(store, 't', kind)).toMatchObject({ version: 2, training: null, metrics: {} });
  expect(await rollbackModel(store, { tenant: 't', kind, ...author }, now)).toMatchObject({ version: 1 });
  await store.close();
});

describe.each(stateTargets)('the model registry on $engine', ({ isAvailable, ...target }) => {
  describe.skipIf(!isAvailable)('keeps versions', () => {
    let state: TestState;
    let store: StateStore;
    beforeEach(async () => {
      state = await startState({ isAvailable, ...target });
      store = state.store;
    });
    afterEach(() => state.remove());

    const add = (weights: string | Buffer, rest: { kind?: string; dataHash?: string } = {}) =>
      storeModel(
        store,
        {
          tenant: defaultTenant,
          kind,
          weights: Buffer.from(weights),
          training: { from: 1, to: 2 },
          dataHash: 'hash',
          backend: 'wasm',
          metrics: { mase: 0.5, inUseMase: null },
          metadata: { series: 7 },
          ...rest,
        },
        now,
      );
    const promote = ({ id }: { id: string }, at = now) =>
      promoteModel(store, { tenant: defaultTenant, id, ...author }, at);
    const rollback = () => rollbackModel(store, { tenant: defaultTenant, kind, ...author }, now);
    const inUse = async () => (await modelInUse(store, defaultTenant, kind))?.version;

    test('with all that is known of them; a new one is not in use', async () => {
      const weights = Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256));
      const stored = await add(weights);
      expect(stored).toEqual({
        ...{ id: stored.id, tenant: defaultTenant, kind, version: 1, checksum: stored.checksum, weightBytes: 512 },
        ...{ parentId: null, training: { from: 1, to: 2 }, dataHash: 'hash', backend: 'wasm', inUse: false },
        ...{ metrics: { mase: 0.5, inUseMase: null }, metadata: { series: 7 } },
        ...{ createdAt: now.getTime(), promotedAt: null },
      });
      expect(await inUse()).toBeUndefined();
      expect(await findModel(store, defaultTenant, stored.id)).toEqual(stored);
      expect(await findModel(store, 'nobody', stored.id)).toBeUndefined();
      expect(await findModelByData(store, defaultTenant, kind, 'hash')).toEqual(stored);
      expect(await findModelByData(store, defaultTenant, kind, 'other')).toBeUndefined();

      await promote(stored, later(1));
      const used = (await modelInUse(store, defaultTenant, kind))!;
      expect(used).toMatchObject({ id: stored.id, inUse: true, promotedAt: now.getTime() + 1 });
      expect(used.weights.equals(weights)).toBe(true);
      expect((await add('next')).parentId, 'what the next has to beat').toBe(stored.id);
    });

    test('of each kind apart, newest first, in pages', async () => {
      for (const each of ['a', 'b', 'a', 'a']) await add(each, { kind: each });
      const page = (after?: readonly [string, number], only = '') =>
        listModels(store, defaultTenant, { kind: only, after, limit: 2 }).then((models) =>
          models.map(({ kind, version }) => [kind, version]),
        );
      expect(await page()).toEqual([['a', 3], ['a', 2]]); // biome-ignore format: one line
      expect(await page(['a', 2])).toEqual([['a', 1], ['b', 1]]); // biome-ignore format: one line
      expect(await page(undefined, 'b')).toEqual([['b', 1]]);
    });

    test('and forgets the oldest beyond thirty, but never the one in use', async () => {
      const first = await add('first');
      await promote(first);
      for (let i = 0; i < 32; i++) await add(`${i}`);
      const versions = (await listModels(store, defaultTenant, { kind, after: undefined, limit: 100 })).map(
        ({ version }) => version,
      );
      expect([versions.length, versions[0], versions.at(-2), versions.at(-1)]).toEqual([31, 33, 4, 1]);
    });

    test('takes one into use, and goes back step by step to what was in use before', async () => {
      const [a, b, c] = [await add('a'), await add('b'), await add('c')];
      await expect(rollback()).rejects.toMatchObject({ code: 'conflict' });
      for (const each of [a, c, a, a, b]) await promote(each);
      expect(await inUse()).toBe(2);
      expect((await rollback()).version).toBe(1);
      await promote(c);
      expect((await rollback()).version).toBe(1);
      expect((await rollback()).version).toBe(3);
      expect((await rollback()).version).toBe(1);
      await expect(rollback()).rejects.toThrow(/no version of "seasonal-mlp" was in use before/);
      expect(await inUse()).toBe(1);
      const audit = await listPromotions(store, defaultTenant, kind);
      expect(audit.map(({ action, modelId }) => [action, modelId])).toEqual([
        ...[a, c, a, b].map(({ id }) => ['promote', id]),
        ['rollback', a.id],
        ['promote', c.id],
        ...[a, c, a].map(({ id }) => ['rollback', id]),
      ]);
      expect(audit[0]).toMatchObject({ ...author, at: now.getTime() });
    });

    test('refuses weights that are not those that were stored, in use or to be', async () => {
      const [first, second] = [await add('weights'), await add('others')];
      await promote(first);
      await store.db
        .updateTable('models')
        .set({ weights: Buffer.from('weighty') })
        .execute();
      await expect(modelInUse(store, defaultTenant, kind)).rejects.toThrow(/seasonal-mlp version 1.*damaged/);
      await expect(promote(second)).rejects.toThrow(/seasonal-mlp version 2.*damaged/);
      await expect(promote({ id: 'unknown' })).rejects.toMatchObject({ code: 'not_found' });
    });
  });
});
