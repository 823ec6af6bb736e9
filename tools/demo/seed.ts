import type { FleetcastClient } from '../../sdk/typescript/client.ts';
import { runJobToEnd } from '../jobs.ts';
import type { TimeWindow } from './window.ts';

const hourMs = 3_600_000;

/** Those that fill a view soonest come first; a forecast uses the network that was trained before it. */
const jobsOverHistory = ['derive', 'liveness', 'slo', 'detect'] as const;
const jobsAtEnd = ['train', 'forecast'] as const;

/**
 * Has everything computed that the schedule would have computed by now, had the service run all the time.
 *
 * @param window the history; the last full hour of it is what the forecasts begin after.
 */
export async function runHistoryJobs(
  fleetcast: FleetcastClient,
  { fromMs, toMs }: TimeWindow,
  signal: AbortSignal,
): Promise<void> {
  const lastHour = Math.floor(toMs / hourMs) * hourMs;
  for (const job of jobsOverHistory) await runJobToEnd(fleetcast, job, { from: fromMs, to: toMs }, { signal });
  for (const job of jobsAtEnd) await runJobToEnd(fleetcast, job, { from: lastHour - hourMs, to: lastHour }, { signal });
}
