import { expect, test } from 'vitest';
import type { Job } from '../../analytics/job.ts';
import { createRunner } from '../../analytics/runner.ts';
import { startScheduler } from '../../analytics/scheduler.ts';
import { listRuns } from '../../store/records/job-runs.ts';
import { createLogger } from '../../telemetry/log.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { startState } from '../store/state-targets.ts';
import { eventually } from '../support/eventually.ts';

test('a job runs by its schedule, over windows that follow one another, and not after the stop', async () => {
  const state = await startState();
  const windows: [number, number][] = [];
  const job: Job = {
    ...{ id: 'each-second', description: '', schedule: '* * * * * *', intervalSeconds: 1, stepSeconds: 1 },
    ...{ maxWindowSeconds: 60, initialLookbackSeconds: 1 },
    run: async ({ from, to }) => {
      windows.push([from, to]);
      return {};
    },
  };
  const log = createLogger('silent');
  const now = () => new Date();
  const metrics = createMetrics('test');
  const runner = createRunner({ jobs: [job], state: state.store, holder: 'a', now, latenessSeconds: 0, metrics, log });
  const scheduler = startScheduler([job], runner, log);
  await eventually(() => windows.length >= 2);
  await scheduler.stop();
  await runner.stop();
  const runs = windows.length;
  expect(windows[1]![0]).toBe(windows[0]![1]);
  await runner.runDue(job);
  expect(windows).toHaveLength(runs);
  expect(await listRuns(state.store, job.id, 10)).toHaveLength(runs);
  await state.remove();
});
