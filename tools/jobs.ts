import type { Run } from '../sdk/typescript/answers.ts';
import type { FleetcastClient } from '../sdk/typescript/client.ts';
import type { Time } from '../sdk/typescript/records.ts';
import { createProgressGroup, type ProgressGroup } from './progress.ts';
import { formatNumber } from './table.ts';

/**
 * Runs a job over a window and shows its progress until it has ended.
 *
 * @param group shows it among others that run at the same time.
 *
 * @throws Error with the job's own reason when the run failed.
 */
export async function runJobToEnd(
  fleetcast: FleetcastClient,
  job: string,
  window: { from: Time; to: Time },
  { signal, label = job, group }: { signal?: AbortSignal | undefined; label?: string; group?: ProgressGroup } = {},
): Promise<Run> {
  const ownGroup = group ?? createProgressGroup();
  const progress = ownGroup.start(label, 1);
  const started = await fleetcast.runJob(job, window, { signal });
  const run = await fleetcast.waitForRun(started, {
    signal,
    onProgress: ({ progressRatio }) => progress.update(progressRatio),
  });
  progress.end(run.status === 'failed' ? `failed: ${run.error}` : describe(run));
  if (group === undefined) ownGroup.end();
  if (run.status === 'failed') throw new Error(`the job ${job} failed: ${run.error}`);
  return run;
}

/** How long a run took, in seconds. */
export function runSeconds({ startedAt, finishedAt }: Run): number {
  return (Date.parse(finishedAt ?? startedAt) - Date.parse(startedAt)) / 1000;
}

function describe(run: Run): string {
  const text = Object.entries(run.result)
    .map(([name, count]) => `${formatNumber(count)} ${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`)
    .join(', ');
  return `${runSeconds(run).toFixed(1)} s${text && `: ${text}`}`;
}
