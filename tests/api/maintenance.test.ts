import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

interface Window {
  id: string;
  type: string;
  from: string;
}
interface Page {
  items: Window[];
  nextCursor: string | null;
}

describe.skipIf(!hasChdb())('maintenance windows', () => {
  let service: TestApp;
  beforeAll(async () => {
    service = await startTestApp();
  });
  afterAll(() => service?.close());

  const add = (record: object) => service.post('/v1/maintenance', record);

  test('are kept until they are removed, and listed by their start', async () => {
    for (const day of ['03', '01', '02']) {
      const answer = await add({ type: 'builder', from: `2026-01-${day}T00:00:00Z`, to: `2026-01-${day}T06:00:00Z` });
      expect(answer.status).toBe(201);
    }
    const first = await service.get<Page>('/v1/maintenance?limit=2');
    const second = await service.get<Page>(`/v1/maintenance?limit=2&cursor=${first.nextCursor}`);
    const all = [...first.items, ...second.items];
    expect(all.map(({ from, type }) => [from.slice(8, 10), type])).toEqual(['01', '02', '03'].map((d) => [d, 'builder'])); // biome-ignore format: one line
    const touching = await service.get<Page>('/v1/maintenance?from=2026-01-02T05:00:00Z&to=2026-01-02T07:00:00Z');
    expect(touching.items.map(({ id }) => id)).toEqual([all[1]!.id]);

    const remove = () => service.request(`/v1/maintenance/${all[1]!.id}`, { method: 'DELETE' });
    expect((await remove()).status).toBe(204);
    await expectProblem(await remove(), 404);
    expect((await service.get<Page>('/v1/maintenance')).items).toHaveLength(2);
  });

  test.each<[string, object, string]>([
    ['that end before they begin', { from: 2, to: 1 }, '/from'],
    ['that last for months', { from: 0, to: 91 * 86_400_000 }, '/to'],
    ['with a field that is not known', { from: 0, to: 1, host: 'x' }, '/host'],
    ['without an end', { from: 0 }, '/to'],
  ])('%s are refused', async (_, record, pointer) => {
    const { errors } = await expectProblem(await add(record), 400);
    expect(errors?.map((error) => error.pointer)).toEqual([pointer]);
  });
});
