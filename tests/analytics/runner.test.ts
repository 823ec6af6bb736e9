import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Job, JobWindow } from '../../analytics/job.ts';
import { createRunner, type Runner } from '../../analytics/runner.ts';
import { advanceWatermark, findRun, insertRun, listRuns, readWatermark } from '../../store/records/job-runs.ts';
import { openStateStore } from '../../store/state.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { startState, type TestState } from '../store/state-targets.ts';
import { eventually } from '../support/eventually.ts';

const hourMs = 3_600_000;
const noon = Date.UTC(2026, 0, 5, 12);

describe('the runner', () => {
  let state: TestState;
  let now: number;
  let windows: JobWindow[];
  let lines: Record<string, unknown>[];
  let metrics: ReturnType<typeof createMetrics>;
  let work: (window: JobWindow) => Promise<Record<string, number>>;

  const job: Job = {
    id: 'count',
    description: '',
    schedule: '0 * * * * *',
    intervalSeconds: 60,
    stepSeconds: 60,
    maxWindowSeconds: 3600,
    initialLookbackSeconds: 600,
    run: async (window) => {
      windows.push(window);
      return work(window);
    },
  };

  beforeEach(async () => {
    now = noon;
    state = await startState(undefined, () => new Date(now));
    windows = [];
    lines = [];
    metrics = createMetrics('test');
    work = async () => ({ rows: 1 });
  });
  afterEach(() => state.remove());

  function create(store = state.store, holder = 'a'): Runner {
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    return createRunner({
      jobs: [job],
      state: store,
      holder,
      now: () => new Date(now),
      latenessSeconds: 30,
      metrics,
      log,
    });
  }

  const ran = () => windows.map(({ from, to }) => [(from - noon) / 60_000, (to - noon) / 60_000]);
  const watermark = async () => {
    const ms = await readWatermark(state.store, job.id);
    return ms === undefined ? undefined : (ms - noon) / 60_000;
  };
  const counter = async (name: 'jobRuns' | 'jobFailures') => (await metrics[name].get()).values[0]?.value;
  const ended = (runner: Runner, from: number, to: number) =>
    runner.request(job.id, noon + from * 60_000, noon + to * 60_000).then(({ id }) =>
      eventually(async () => {
        const run = await findRun(state.store, job.id, id);
        return run?.finishedAt ? run : undefined;
      }),
    );

  describe('by schedule', () => {
    test('looks back the first time, ends before what may still arrive, and goes on from its watermark', async () => {
      const runner = create();
      await runner.runDue(job);
      now += 90_000;
      await runner.runDue(job);
      // 11:59:30 and 12:01:00, less 30 s, on the grid of a minute.
      expect(ran()).toEqual([
        [-11, -1],
        [-1, 1],
      ]);
      expect(await watermark()).toBe(1);
    });

    test('does nothing while nothing is due', async () => {
      const runner = create();
      await runner.runDue(job);
      now += 29_000;
      await runner.runDue(job);
      expect(windows).toHaveLength(1);
      expect(await listRuns(state.store, job.id, 10)).toHaveLength(1);
    });

    test('names the parts that failed while the others went well, the first twenty of them, and goes on', async () => {
      work = async ({ partFailed }) => {
        for (let i = 1; i <= 22; i++) partFailed(`series ${i}`, 'no number');
        return { failed: 22 };
      };
      await create().runDue(job);
      const [run] = await listRuns(state.store, job.id, 1);
      expect(run).toMatchObject({ status: 'succeeded', result: { failed: 22 } });
      expect(run!.error).toMatch(/^22 failed: series 1: no number; .*; series 20: no number; and 2 more$/);
      expect([await watermark(), await counter('jobFailures')]).toEqual([-1, 0]);
    });

    test('cuts a long window, each part following the one before, and counts them together', async () => {
      await advanceWatermark(state.store, job.id, noon - 150 * 60_000);
      await create().runDue(job);
      expect(ran()).toEqual([
        [-150, -90],
        [-90, -30],
        [-30, -1],
      ]);
      const [run] = await listRuns(state.store, job.id, 1);
      expect(run).toMatchObject({
        status: 'succeeded',
        result: { rows: 3 },
        progress: 1,
        trigger: 'schedule',
        finishedAt: noon,
      });
    });

    test('a part that fails leaves the watermark at the last good one, is counted and logged, and is tried again', async () => {
      await advanceWatermark(state.store, job.id, noon - 150 * 60_000);
      const runner = create();
      work = async ({ from }) => {
        if (from === noon - 90 * 60_000) throw new Error('ClickHouse is away');
        return { rows: 1 };
      };
      await runner.runDue(job);
      expect(await watermark()).toBe(-90);
      expect([await counter('jobRuns'), await counter('jobFailures')]).toEqual([1, 1]);
      expect(lines).toMatchObject([
        { level: 50, job: 'count', msg: 'job failed', err: { message: 'ClickHouse is away' } },
      ]);
      expect(await listRuns(state.store, job.id, 1)).toMatchObject([
        { status: 'failed', error: 'ClickHouse is away', result: { rows: 1 } },
      ]);
      work = async () => ({});
      await runner.runDue(job);
      expect(await watermark()).toBe(-1);
      expect(ran().slice(2)).toEqual([
        [-90, -30],
        [-30, -1],
      ]);
    });

    test('two replicas never run a job at the same time', async () => {
      const other = openStateStore({ url: state.url, holder: 'b', now: () => new Date(now) });
      const { promise, resolve } = Promise.withResolvers<Record<string, number>>();
      work = () => promise;
      const first = create().runDue(job);
      await eventually(() => windows.length === 1);
      await create(other, 'b').runDue(job);
      expect(windows).toHaveLength(1);
      resolve({});
      await first;
      await other.close();
    });

    test('a run that a dead process left behind is told to have failed; history older than a week goes', async () => {
      const left = {
        job: job.id,
        trigger: 'schedule',
        from: 0,
        to: 1,
        progress: 0,
        finishedAt: null,
        result: {},
        error: '',
      } as const;
      await insertRun(state.store, { ...left, id: 'dead', status: 'running', startedAt: noon - hourMs }, 'dead');
      await insertRun(state.store, { ...left, id: 'old', status: 'failed', startedAt: noon - 8 * 24 * hourMs }, 'dead');
      await create().runDue(job);
      expect(await findRun(state.store, job.id, 'dead')).toMatchObject({ status: 'failed', finishedAt: noon });
      expect(await findRun(state.store, job.id, 'old')).toBeUndefined();
    });

    test('a state store that fails is counted and logged, and does not end the process', async () => {
      const closed = openStateStore({ url: state.url, holder: 'b', now: () => new Date(now) });
      await readWatermark(closed, job.id);
      await closed.close();
      await create(closed).runDue(job);
      expect(await counter('jobFailures')).toBe(1);
      expect(lines).toMatchObject([{ msg: 'job could not be run' }]);
    });
  });

  describe('by request', () => {
    test('answers at once, widens the window to the grid, and tells later what became of it', async () => {
      const runner = create();
      const run = await runner.request(job.id, noon - 121_000, noon - 60_001);
      expect(run).toMatchObject({
        status: 'queued',
        trigger: 'request',
        from: noon - 180_000,
        to: noon - 60_000,
        result: {},
      });
      await eventually(async () => (await findRun(state.store, job.id, run.id))?.status === 'succeeded');
      expect(ran()).toEqual([[-3, -1]]);
    });

    test('ends where data may still arrive, and is refused where it would begin there', async () => {
      const runner = create();
      const run = await runner.request(job.id, noon - 300_000, noon + 3_600_000);
      expect(run.to).toBe(noon - 60_000);
      await eventually(async () => (await findRun(state.store, job.id, run.id))?.status === 'succeeded');
      await expect(runner.request(job.id, noon, noon + 60_000)).rejects.toMatchObject({ code: 'invalid_request' });
    });

    test('moves the watermark only when it joins on to it', async () => {
      const runner = create();
      await ended(runner, -300, -290);
      expect(await watermark(), 'before the first scheduled run').toBeUndefined();
      await advanceWatermark(state.store, job.id, noon - 60 * 60_000);
      await ended(runner, -300, -290);
      expect(await watermark(), 'of the past').toBe(-60);
      await ended(runner, -50, -40);
      expect(await watermark(), 'beyond a gap').toBe(-60);
      await ended(runner, -70, -55);
      expect(await watermark(), 'over it').toBe(-55);
    });

    test('cut into parts, it moves the watermark from the part on that reaches it', async () => {
      await advanceWatermark(state.store, job.id, noon - 90 * 60_000);
      await ended(create(), -200, -20);
      expect(await watermark()).toBe(-20);
    });

    test('waits for the run that is under way', async () => {
      const runner = create();
      const { promise, resolve } = Promise.withResolvers<Record<string, number>>();
      work = () => promise;
      const scheduled = runner.runDue(job);
      await eventually(() => windows.length === 1);
      const requested = ended(runner, -300, -290);
      await eventually(async () => (await listRuns(state.store, job.id, 10)).some(({ status }) => status === 'queued'));
      expect(windows).toHaveLength(1);
      resolve({});
      await scheduled;
      expect(await requested).toMatchObject({ status: 'succeeded' });
      expect(windows).toHaveLength(2);
    });

    test('is seen to run while it does', async () => {
      const { promise, resolve } = Promise.withResolvers<Record<string, number>>();
      work = () => promise;
      const run = await create().request(job.id, noon - 120_000, noon - 60_000);
      await eventually(() => windows.length === 1);
      expect(await findRun(state.store, job.id, run.id)).toMatchObject({ status: 'running', finishedAt: null });
      resolve({});
      await eventually(async () => (await findRun(state.store, job.id, run.id))?.status === 'succeeded');
    });

    test('of an unknown job is refused with the names of those that there are', async () => {
      await expect(create().request('nope', 0, 1)).rejects.toMatchObject({
        code: 'not_found',
        message: expect.stringContaining('count'),
      });
    });
  });

  describe('stop', () => {
    test('aborts what runs, waits for it, leaves the watermark, and is no failure', async () => {
      const runner = create();
      await advanceWatermark(state.store, job.id, noon - 5 * 60_000);
      let isOver = false;
      work = ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () =>
            setImmediate(() => {
              isOver = true;
              reject(signal.reason);
            }),
          );
        });
      const running = runner.runDue(job);
      await eventually(() => windows.length === 1);
      await runner.stop();
      expect(isOver).toBe(true);
      await running;
      expect(await watermark()).toBe(-5);
      expect(await counter('jobFailures')).toBe(0);
      expect(await listRuns(state.store, job.id, 1)).toMatchObject([
        { status: 'failed', error: 'the service is stopping' },
      ]);
      await runner.runDue(job);
      expect(windows).toHaveLength(1);
    });

    test('ends requests that wait for their turn, and says so in their history', async () => {
      const other = openStateStore({ url: state.url, holder: 'b', now: () => new Date(now) });
      const { promise, resolve } = Promise.withResolvers<void>();
      const held = other.exclusive(`job:${job.id}`, () => promise);
      const runner = create();
      const run = await runner.request(job.id, noon - 120_000, noon - 60_000);
      await runner.stop();
      expect(await findRun(state.store, job.id, run.id)).toMatchObject({
        status: 'failed',
        finishedAt: noon,
        error: 'the service is stopping',
      });
      expect(windows).toEqual([]);
      resolve();
      await held;
      await other.close();
    });
  });
});
