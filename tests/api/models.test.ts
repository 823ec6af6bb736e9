import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeModel } from '../../store/records/models.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

interface Model {
  id: string;
  version: number;
  inUse: boolean;
  promotions: { action: string; modelId: string; actor: string; reason: string }[];
}

describe.skipIf(!hasChdb())('the models that a tenant has', () => {
  let service: TestApp;
  const ids: string[] = [];
  beforeAll(async () => {
    service = await startTestApp();
    for (const text of ['first', 'second', 'third']) {
      const weights = Buffer.from(text);
      const about = { training: { from: 0, to: 1 }, dataHash: text, backend: '', metrics: {} };
      ids.push(
        (await storeModel(service.state, { tenant: 'default', kind: 'pca-residual', weights, ...about }, new Date()))
          .id,
      );
    }
  });
  afterAll(() => service?.close());

  test('are listed newest first, a page at a time', async () => {
    const first = await service.get<{ items: Model[]; nextCursor: string }>('/v1/models?limit=2');
    const second = await service.get<{ items: Model[]; nextCursor: null }>(`/v1/models?cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids.toReversed());
    expect((await service.get<{ items: Model[] }>('/v1/models?kind=seasonal-mlp')).items).toEqual([]);
    await expectProblem(await service.request('/v1/models?cursor=WyJhIl0'), 400);
  });

  test('are promoted and rolled back by one call each, and the audit says by whom and why', async () => {
    await service.post(`/v1/models/${ids[0]}/promote`, { reason: 'the first' });
    const promoted = await service.post(`/v1/models/${ids[2]}/promote`, {});
    expect(await promoted.json()).toMatchObject({ version: 3, inUse: true });
    await expectProblem(await service.post(`/v1/models/${ids[1]}/rollback`, {}), 409);
    const back = await service.request('/v1/models/pca-residual/rollback', { method: 'POST' });
    expect(await back.json()).toMatchObject({ version: 1, inUse: true });
    await expectProblem(await service.post(`/v1/models/${ids[0]}/rollback`, {}), 409);
    const { promotions } = await service.get<Model>(`/v1/models/${ids[1]}`);
    expect(promotions.map(({ action, modelId, reason }) => [action, modelId, reason])).toEqual([
      ['promote', ids[0], 'the first'],
      ['promote', ids[2], ''],
      ['rollback', ids[0], ''],
    ]);
  });

  test('that do not exist, or requests that say too much, are refused', async () => {
    await expectProblem(await service.request('/v1/models/none'), 404);
    for (const action of ['promote', 'rollback'])
      await expectProblem(await service.post(`/v1/models/none/${action}`, {}), 404);
    await expectProblem(await service.post(`/v1/models/${ids[0]}/promote`, { why: 'x' }), 400);
    const long = { reason: 'x'.repeat(20_000) };
    await expectProblem(await service.post(`/v1/models/${ids[0]}/promote`, long), 413);
  });
});
