import type { FleetcastClient } from '../../sdk/typescript/client.ts';
import { runJobToEnd } from '../jobs.ts';
import { createProgressGroup } from '../progress.ts';
import type { TimeWindow } from './window.ts';

const hourMs = 3_600_000;
/** The service leaves the youngest data alone, for more of it may arrive: an hour that ended just now is not over. */
const settlingMs = 60_000;

/**
 * Has everything computed that the schedule would have computed by now, had the service run all the time, in two lanes
 * side by side, for no job uses both processors of a small machine; what fills a view comes before what only betters it.
 * A job that fails is told of and does not keep the others from their work.
 *
 * @param window the history; the last full hour of it is what the forecasts begin after.
 */
export async function runHistoryJobs(
  fleetcast: FleetcastClient,
  { fromMs, toMs }: TimeWindow,
  signal: AbortSignal,
): Promise<void> {
  const lastHourMs = Math.floor((toMs - settlingMs) / hourMs) * hourMs;
  const history = { from: fromMs, to: toMs };
  const lastHour = { from: lastHourMs - hourMs, to: lastHourMs };
  if (fromMs >= toMs) return;
  const group = createProgressGroup();

  async function run(job: string, window: { from: number; to: number }): Promise<void> {
    try {
      await runJobToEnd(fleetcast, job, window, { signal, group });
    } catch (error) {
      signal.throwIfAborted();
      console.error((error as Error).message);
    }
  }

  async function findAnomalies(): Promise<void> {
    await run('derive', history);
    await run('detect', history);
  }

  async function runOthers(): Promise<void> {
    await run('forecast', lastHour);
    await run('slo', history);
    await run('liveness', history);
    await run('train', lastHour);
  }

  await Promise.all([findAnomalies(), runOthers()]);
  group.end();
  // The first forecast filled the views sooner, without the network. Nobody waits for the second, which has it.
  await fleetcast.runJob('forecast', lastHour, { signal });
}
