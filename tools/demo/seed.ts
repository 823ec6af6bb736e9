import type { FleetcastClient } from '../../sdk/typescript/client.ts';
import { runJobToEnd } from '../jobs.ts';
import type { ProgressGroup } from '../progress.ts';
import type { TimeWindow } from './window.ts';

const hourMs = 3_600_000;
/** The service leaves the youngest data alone, for more of it may arrive: an hour that ended just now is not over. */
const settlingMs = 60_000;
/** A demo that was away for less than this left nothing that the schedule does not compute by itself. */
const leastHistoryMs = 3 * settlingMs;

/** So much history makes a first look worth it. */
export const firstLookMs = 3 * 24 * hourMs;

interface Seeding {
  signal: AbortSignal;
  group: ProgressGroup;
}

/** Fills every view from the newest days, while older ones are still on the way. */
export async function runFirstLook(fleetcast: FleetcastClient, history: TimeWindow, seeding: Seeding): Promise<void> {
  const newest = { fromMs: Math.max(history.fromMs, history.toMs - firstLookMs), toMs: history.toMs };
  if (newest.toMs - newest.fromMs < leastHistoryMs) return;
  await run(fleetcast, 'forecast', lastHourOf(newest), seeding);
  await run(fleetcast, 'slo', newest, seeding);
  await run(fleetcast, 'derive', newest, seeding);
  await run(fleetcast, 'detect', newest, seeding);
}

/**
 * Has everything computed that the schedule would have computed by now, had the service run all the time, in two lanes
 * side by side, for no job uses both processors of a small machine.
 *
 * @param history its last full hour is what the forecasts begin after.
 * @param firstLook runs the same jobs, which do not run twice at a time.
 */
export async function runHistoryJobs(
  fleetcast: FleetcastClient,
  history: TimeWindow,
  firstLook: Promise<void>,
  seeding: Seeding,
): Promise<void> {
  if (history.toMs - history.fromMs < leastHistoryMs) return;

  await firstLook;

  async function findAnomalies(): Promise<void> {
    await run(fleetcast, 'derive', history, seeding);
    await run(fleetcast, 'detect', history, seeding);
  }

  async function runOthers(): Promise<void> {
    await run(fleetcast, 'slo', history, seeding);
    await run(fleetcast, 'liveness', history, seeding);
    await run(fleetcast, 'train', lastHourOf(history), seeding);
    await run(fleetcast, 'forecast', lastHourOf(history), seeding);
  }

  await Promise.all([findAnomalies(), runOthers()]);
}

/** A job that fails is told of and does not keep the others from their work. */
async function run(
  fleetcast: FleetcastClient,
  job: string,
  { fromMs, toMs }: TimeWindow,
  { signal, group }: Seeding,
): Promise<void> {
  try {
    await runJobToEnd(fleetcast, job, { from: fromMs, to: toMs }, { signal, group });
  } catch (error) {
    signal.throwIfAborted();
    console.error((error as Error).message);
  }
}

function lastHourOf({ toMs }: TimeWindow): TimeWindow {
  const endMs = Math.floor((toMs - settlingMs) / hourMs) * hourMs;
  return { fromMs: endMs - hourMs, toMs: endMs };
}
