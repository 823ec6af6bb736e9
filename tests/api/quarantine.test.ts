import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { remoteWriteRequest, writeRequestV1 } from '../support/remote-write.ts';
import { hasChdb } from '../support/servers.ts';

interface Page {
  items: { id: string; kind: string; reason: string; detail: string; record: string; replayedAt: string | null }[];
  nextCursor: string | null;
}

describe.skipIf(!hasChdb())('the quarantine', () => {
  let service: TestApp;

  beforeAll(async () => {
    service = await startTestApp();
    await service.post('/v1/samples', [
      { metric: 'late', value: 1, time: '2015-06-01T00:00:00Z' },
      { metric: 'late', value: 2, time: '2015-06-01T00:01:00Z' },
      { metric: 'future', value: 1, time: Date.now() + 86_400_000 },
      { metric: 'invalid', value: 'seven' },
      { metric: 'good', value: 1 },
    ]);
    await service.post('/v1/heartbeats', { agent: '' });
  });
  afterAll(() => service?.close());

  const list = (query = '') => service.get<Page>(`/v1/quarantine${query}`);
  const pointsOf = async (metric: string) => {
    const { items } = await service.get<{ items: { id: string }[] }>(`/v1/series?metric=${metric}`);
    if (items.length === 0) return [];
    const points = await service.get<{ values: number[] }>(
      `/v1/series/${items[0]!.id}/points?step=raw&from=2015-01-01T00:00:00Z&to=2016-01-01T00:00:00Z`,
    );
    return points.values;
  };

  test('holds what was refused, with kind, reason and the record as it came', async () => {
    const { items } = await list();
    expect(items.map(({ kind, reason }) => `${kind} ${reason}`).sort()).toEqual([
      'heartbeats invalid',
      'samples future',
      'samples invalid',
      'samples late',
      'samples late',
    ]);
    const [invalid] = (await list('?reason=invalid&kind=samples')).items;
    expect(JSON.parse(invalid!.record)).toEqual({ metric: 'invalid', value: 'seven' });
    expect(invalid!.detail).toBe('value: expected a finite number');
    expect(invalid!.replayedAt).toBeNull();
  });

  test('is read a page at a time', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const page: Page = await list(`?limit=2${cursor}`);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(new Set(seen).size).toBe(5);
  });

  test('sends late records again, once, and says when', async () => {
    const replay = async () => (await service.post('/v1/quarantine/replay', { reason: 'late' })).json();
    expect(await replay()).toEqual({ replayed: 2, refused: [], more: false });
    expect(await pointsOf('late')).toEqual([1, 2]);
    expect(await replay()).toEqual({ replayed: 0, refused: [], more: false });
    expect((await list('?reason=late')).items.every(({ replayedAt }) => replayedAt !== null)).toBe(true);
    const audit = await service.get<{ items: { action: string }[] }>('/v1/audit?action=quarantine.replayed');
    expect(audit.items.length).toBe(2);
  });

  test('keeps what is refused again as it is', async () => {
    const id = (await list('?reason=invalid&kind=samples')).items[0]!.id;
    const answer = await service.post('/v1/quarantine/replay', { ids: [id] });
    expect(await answer.json()).toEqual({
      replayed: 0,
      refused: [{ id, detail: 'expected a finite number' }],
      more: false,
    });
    expect((await list()).items).toHaveLength(5);
  });

  test('counts what it holds by source, kind and reason, and what of it waits', async () => {
    const { items } = await service.get<{ items: object[] }>('/v1/quarantine/counts');
    const late = { source: 'native', kind: 'samples', reason: 'late', records: 2, waiting: 0 };
    expect(items).toContainEqual({ ...late, lastAt: expect.any(String) });
    const invalid = { source: 'native', kind: 'heartbeats', reason: 'invalid', records: 1, waiting: 1 };
    expect(items).toContainEqual({ ...invalid, lastAt: expect.any(String) });
  });

  test('tries everything that waits when it is told so', async () => {
    const answer = (await (await service.post('/v1/quarantine/replay', { all: true })).json()) as { refused: object[] };
    expect(answer).toMatchObject({ replayed: 0, more: false });
    expect(answer.refused).toHaveLength(3);
  });

  test('sends nothing again without being told what', async () => {
    await expectProblem(await service.post('/v1/quarantine/replay', {}), 400);
  });

  test('keeps of other protocols too what came: metric, labels, time and value', async () => {
    const time = Date.now();
    const labels = { __name__: 'bell', sound: '\u0007' };
    const written = remoteWriteRequest(writeRequestV1([{ labels, samples: [[time, 5]] }]), 1);
    expect((await service.request('/api/v1/write', written)).status).toBe(400);
    const attributes = [{ key: 'sound', value: { stringValue: '\u0007' } }];
    const point = { timeUnixNano: `${time}000000`, asDouble: 6, attributes };
    const metrics = [{ name: 'bell', gauge: { dataPoints: [point] } }];
    await service.post('/v1/metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
    const record = { metric: 'bell', time };
    const [ofOtlp] = (await list('?source=otlp')).items;
    expect(JSON.parse(ofOtlp!.record)).toEqual({ ...record, value: 6, labels: { sound: '\u0007' } });
    const [ofRemoteWrite] = (await list('?source=remote_write')).items;
    expect(JSON.parse(ofRemoteWrite!.record)).toMatchObject({ ...record, value: 5, labels: { sound: '\u0007' } });
  });
});
