import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

interface Run {
  id: string;
  status: string;
  trigger: string;
  from: string;
  to: string;
  progressRatio: number;
  finishedAt: string | null;
  result: Record<string, number>;
  error: string;
}

const hourMs = 3_600_000;
/** The end of an hour whose late data is in: jobs leave out what is younger than half a minute. */
const end = Math.floor((Date.now() - 60_000) / hourMs) * hourMs;
const window = { from: new Date(end - 3 * hourMs).toISOString(), to: new Date(end).toISOString() };

describe.skipIf(!hasChdb())('jobs', () => {
  let service: TestApp;

  beforeAll(async () => {
    service = await startTestApp();
    const times = Array.from({ length: 180 }, (_, i) => end - (180 - i) * 60_000);
    await service.post(
      '/v1/samples',
      times.map((time, i) => ({ metric: 'load', time, value: i })),
    );
    await service.post(
      '/v1/heartbeats',
      times.map((time) => ({ agent: 'a', time })),
    );
  });
  afterAll(() => service?.close());

  async function finished(location: string): Promise<Run> {
    return eventually(
      async () => {
        const run = await service.get<Run>(location);
        return (run.status === 'succeeded' || run.status === 'failed') && run;
      },
      { what: `the end of ${location}` },
    ) as Promise<Run>;
  }
  const request = (job: string, body: unknown) => service.post(`/v1/jobs/${job}/runs`, body);

  test('are listed with schedules, and without a watermark before their first run', async () => {
    const { items } = await service.get<{
      items: { id: string; schedule: string; watermark: unknown; lastRun: unknown }[];
    }>('/v1/jobs');
    expect(items.map(({ id }) => id)).toEqual([
      'derive',
      'liveness',
      'detect',
      'detect-by-feedback',
      'detect-agents',
      'stuck-tasks',
      'incidents',
      'forecast',
      'ledger',
      'train',
      'train-agents',
      'slo',
      'prune',
    ]);
    for (const { schedule, watermark, lastRun } of items) {
      expect(schedule).toMatch(/^(\S+ ){5}\S+$/);
      expect([watermark, lastRun]).toEqual([null, null]);
    }
  });

  test('that are requested answer 202 and where to look, and end with what they counted', async () => {
    const response = await request('detect', window);
    expect(response.status).toBe(202);
    const queued = (await response.json()) as Run;
    expect(queued).toMatchObject({ ...window, status: 'queued', trigger: 'request', finishedAt: null, result: {} });
    const location = response.headers.get('location')!;
    expect(location).toBe(`/v1/jobs/detect/runs/${queued.id}`);
    const run = await finished(location);
    expect(run).toMatchObject({
      id: queued.id,
      status: 'succeeded',
      progressRatio: 1,
      error: '',
      finishedAt: expect.any(String),
    });
    expect(run.result).toMatchObject({ points: 180 });
    const { items } = await service.get<{ items: Run[] }>('/v1/jobs/detect/runs');
    expect(items).toEqual([run]);
  });

  test('widen the window to their grid, and take times as ISO 8601 or as numbers', async () => {
    const run = (await (await request('slo', { from: end - hourMs + 1, to: String(end - 1) })).json()) as Run;
    expect([run.from, run.to]).toEqual([new Date(end - hourMs).toISOString(), new Date(end).toISOString()]);
    expect((await finished(`/v1/jobs/slo/runs/${run.id}`)).status).toBe('succeeded');
    expect(await service.get('/v1/slos/fleet-availability')).toMatchObject({
      asOf: new Date(end).toISOString(),
      good: expect.any(Number),
      history: { stepSeconds: 3600 },
    });
  });

  test('that run on schedule have a watermark and a lag afterwards', async () => {
    await service.runner.runDue(service.jobs.find(({ id }) => id === 'liveness')!);
    const { items } = await service.get<{
      items: { id: string; watermark: string; lagSeconds: number; lastRun: Run }[];
    }>('/v1/jobs');
    const liveness = items.find(({ id }) => id === 'liveness')!;
    expect(liveness.lastRun).toMatchObject({ trigger: 'schedule', status: 'succeeded', to: liveness.watermark });
    expect(liveness.lagSeconds).toBeGreaterThanOrEqual(0);
  });

  test('keep as many runs in the answer as were asked for, newest first', async () => {
    for (let i = 0; i < 3; i++) {
      const run = (await (await request('derive', window)).json()) as Run;
      await finished(`/v1/jobs/derive/runs/${run.id}`);
    }
    const { items } = await service.get<{ items: (Run & { startedAt: string })[] }>('/v1/jobs/derive/runs?limit=2');
    expect(items).toHaveLength(2);
    expect(items[0]!.startedAt >= items[1]!.startedAt).toBe(true);
  });

  test.each<[string, unknown, string[]]>([
    ['no window', {}, ['/from', '/to']],
    ['a window without an end', { from: window.from }, ['/to']],
    ['nothing for a time', { ...window, from: null }, ['/from']],
    ['a switch for a time', { ...window, from: true }, ['/from']],
    ['a list for a time', { ...window, to: [] }, ['/to']],
    ['an empty time', { ...window, from: '' }, ['/from']],
    ['a hexadecimal time', { ...window, from: '0x10' }, ['/from']],
    ['a time without a zone', { ...window, from: '2026-01-01T00:00:00' }, ['/from']],
    ['a field that is not known', { ...window, 'un/til': 1 }, ['/un~1til']],
    ['a window that ends before it begins', { from: window.to, to: window.from }, ['/from']],
    ['a window of nothing', { from: window.to, to: window.to }, ['/from']],
    ['a window in the future', { from: window.from, to: '2999-01-01T00:00:00Z' }, ['/to']],
  ])('with %s answer 400 with pointers', async (_title, body, pointers) => {
    const { errors } = await expectProblem(await request('derive', body), 400);
    expect(errors!.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  test.each<[string, number, RequestInit]>([
    ['broken JSON', 400, { body: '{"from":', headers: { 'content-type': 'application/json' } }],
    ['a list', 400, { body: '[]', headers: { 'content-type': 'application/json' } }],
    ['no body', 400, {}],
    ['another content type', 400, { body: JSON.stringify(window), headers: { 'content-type': 'text/plain' } }],
    ['a body that is too large', 413, { body: ' '.repeat(20_000), headers: { 'content-type': 'application/json' } }],
  ])('with %s answer a problem of status %i', async (_title, status, init) => {
    await expectProblem(await service.request('/v1/jobs/derive/runs', { method: 'POST', ...init }), status);
  });

  test('that do not exist answer 404 and name those that do', async () => {
    const { detail } = await expectProblem(await request('tidy', window), 404);
    expect(detail).toContain(
      'derive, liveness, detect, detect-by-feedback, detect-agents, stuck-tasks, incidents, forecast, ledger, train, train-agents, slo, prune',
    );
  });
});
