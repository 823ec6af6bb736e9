import type { FleetcastClient } from '../../sdk/typescript/client.ts';
import { type Fleet, liveCadence, recordsOf, sendAll } from '../../tools/demo/feed.ts';
import { createFleet } from '../../tools/demo/fleet.ts';
import { sendHistory } from '../../tools/demo/history.ts';
import { createScenario } from '../../tools/demo/scenario.ts';
import { runJobToEnd, runSeconds } from '../../tools/jobs.ts';
import { createProgressGroup } from '../../tools/progress.ts';

export interface DemoFleetJobs {
  agents: number;
  days: number;
  records: number;
  seedSeconds: number;
  /** Over the whole history, every series minute by minute. */
  detectHistory: { seconds: number; points: number; pointsPerSecond: number };
  /** Over one more minute, as the schedule runs it. */
  detectMinute: { seconds: number; points: number };
  /** Every series that lives, 48 hours ahead, by each forecaster, with its backtest. */
  forecast: { seconds: number; series: number; seriesPerSecond: number };
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** Sends the history of the demo's fleet over HTTP and times the jobs that the schedule would run over it. */
export async function measureDemoFleet(fleetcast: FleetcastClient, days: number): Promise<DemoFleetJobs> {
  const signal = new AbortController().signal;
  // Whole hours, so that each run has the same number of points to forecast from.
  const endMs = Math.floor(Date.now() / hourMs) * hourMs - hourMs;
  const fleet: Fleet = { agents: createFleet(), scenario: createScenario(endMs, days) };
  const history = { fromMs: endMs - days * dayMs, toMs: endMs };
  const startedAt = performance.now();
  const group = createProgressGroup();
  const records = await sendHistory(fleetcast, fleet, history, { signal, group });
  group.end();
  const seedSeconds = (performance.now() - startedAt) / 1000;
  await runJobToEnd(fleetcast, 'derive', { from: history.fromMs, to: endMs });
  const detectHistory = await timeDetect(fleetcast, history.fromMs, endMs, 'detect (history)');

  const minute = { fromMs: endMs, toMs: endMs + minuteMs };
  await sendAll(fleetcast, recordsOf(fleet, minute, liveCadence), { signal });
  await runJobToEnd(fleetcast, 'derive', { from: minute.fromMs, to: minute.toMs });
  const { seconds, points } = await timeDetect(fleetcast, minute.fromMs, minute.toMs, 'detect (minute)');

  const run = await runJobToEnd(fleetcast, 'forecast', { from: endMs - hourMs, to: endMs });
  const series = run.result.series ?? 0;
  const forecast = { seconds: runSeconds(run), series, seriesPerSecond: series / runSeconds(run) };
  const agents = fleet.agents.length;
  return { agents, days, records, seedSeconds, detectHistory, detectMinute: { seconds, points }, forecast };
}

async function timeDetect(
  fleetcast: FleetcastClient,
  from: number,
  to: number,
  label: string,
): Promise<DemoFleetJobs['detectHistory']> {
  const run = await runJobToEnd(fleetcast, 'detect', { from, to }, { label });
  const points = run.result.points ?? 0;
  return { seconds: runSeconds(run), points, pointsPerSecond: points / runSeconds(run) };
}
