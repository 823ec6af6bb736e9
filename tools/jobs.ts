import type { Run } from '../sdk/typescript/answers.ts';
import type { FleetcastClient } from '../sdk/typescript/client.ts';
import type { Time } from '../sdk/typescript/records.ts';
import { createProgress } from './progress.ts';
import { formatNumber } from './table.ts';

/**
 * Runs a job over a window and shows its progress until it has ended.
 *
 * @throws Error with the job's own reason when the run failed.
 */
export async function runJobToEnd(
  fleetcast: FleetcastClient,
  job: string,
  window: { from: Time; to: Time },
  { signal, label = job }: { signal?: AbortSignal | undefined; label?: string } = {},
): Promise<Run> {
  const progress = createProgress({ label, total: 1 });
  const started = await fleetcast.runJob(job, window, { signal });
  const run = await fleetcast.waitForRun(started, {
    signal,
    onProgress: ({ progressRatio }) => progress.update(progressRatio),
  });
  progress.end(run.status === 'failed' ? `failed: ${run.error}` : describe(run));
  if (run.status === 'failed') throw new Error(`the job ${job} failed: ${run.error}`);
  return run;
}

/** How long a run took, in seconds. */
export function runSeconds({ startedAt, finishedAt }: Run): number {
  return (Date.parse(finishedAt ?? startedAt) - Date.parse(startedAt)) / 1000;
}

function describe(run: Run): string {
  const text = Object.entries(run.result)
    .map(([name, count]) => `${formatNumber(count)} ${name}`)
    .join(', ');
  return `${runSeconds(run).toFixed(1)} s${text && `: ${text}`}`;
}
