import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { remoteWriteRequest, writeRequestV1 } from '../support/remote-write.ts';
import { hasChdb } from '../support/servers.ts';

const hourMs = 3_600_000;

interface Quarantined {
  source: string;
  kind: string;
  detail: string;
  record: string;
}

describe.skipIf(!hasChdb())('a record whose clock is an hour ahead', () => {
  let service: TestApp;
  const nowMs = Math.floor(Date.now() / 1000) * 1000;
  const ahead = nowMs + hourMs;

  beforeAll(async () => {
    service = await startTestApp({ now: () => new Date(nowMs) });
  });
  afterAll(() => service?.close());

  const quarantined = async (kind: string) =>
    (await service.get<{ items: Quarantined[] }>(`/v1/quarantine?reason=clamped&kind=${kind}`)).items;
  async function pointsOf(metric: string) {
    const { items } = await service.get<{ items: { id: string }[] }>(`/v1/series?metric=${metric}`);
    const window = `from=${nowMs - hourMs}&to=${nowMs + 2 * hourMs}`;
    return service.get<{ times: number[]; values: number[] }>(`/v1/series/${items[0]!.id}/points?step=raw&${window}`);
  }

  test('is stored as of now when it is a sample or an event, and kept as it came with the reason', async () => {
    const sample = { metric: 'native_ahead', value: 7, time: ahead };
    const answer = await service.post('/v1/samples', [sample, { metric: 'on_time', value: 1 }]);
    expect(await answer.json()).toEqual({ accepted: 2, refused: 0, clamped: 1 });
    expect(await pointsOf('native_ahead')).toMatchObject({ times: [nowMs], values: [7] });
    const event = { task: 't', kind: 'k', state: 'queued', time: ahead };
    expect(await (await service.post('/v1/events', event)).json()).toEqual({ accepted: 1, refused: 0, clamped: 1 });
    const [kept] = await quarantined('samples');
    expect(kept).toMatchObject({ source: 'native', detail: expect.stringContaining('stored as of') });
    expect(JSON.parse(kept!.record)).toEqual(sample);
    expect(await quarantined('events')).toHaveLength(1);
  });

  test('is stored once though it is sent again', async () => {
    await service.post('/v1/samples', { metric: 'native_ahead', value: 7, time: ahead });
    expect((await pointsOf('native_ahead')).values).toEqual([7]);
  });

  test('is stored by remote write and OTLP as well', async () => {
    const series = { labels: { __name__: 'remote_ahead' }, samples: [[ahead, 5]] as const };
    const written = await service.request('/api/v1/write', remoteWriteRequest(writeRequestV1([series]), 1));
    expect(written.status).toBe(204);
    const point = { timeUnixNano: `${ahead}000000`, asDouble: 6 };
    const metrics = [{ name: 'otlp_ahead', gauge: { dataPoints: [point] } }];
    const exported = await service.post('/v1/metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
    expect(await exported.json()).toEqual({});
    for (const metric of ['remote_ahead', 'otlp_ahead']) expect((await pointsOf(metric)).times).toEqual([nowMs]);
    expect((await quarantined('samples')).map(({ source }) => source)).toEqual(
      expect.arrayContaining(['native', 'remote_write', 'otlp']),
    );
  });

  test('is refused when it is a heartbeat, which tells how far a clock is ahead, or two hours ahead', async () => {
    await expectProblem(await service.post('/v1/heartbeats', { agent: 'a', time: ahead }), 422);
    await expectProblem(await service.post('/v1/samples', { metric: 'm', value: 1, time: ahead + hourMs }), 422);
  });

  test('is counted, and not sent again with what waits', async () => {
    const counted = await service.metrics.registry.getSingleMetricAsString('fleetcast_ingest_quarantined_total');
    expect(counted).toContain('{source="remote_write",reason="clamped",outcome="kept"} 1\n');
    const replay = await service.post('/v1/quarantine/replay', { reason: 'clamped' });
    expect(await replay.json()).toEqual({ replayed: 0, refused: [], more: false });
  });
});
