import type { SendResult } from '../../sdk/typescript/answers.ts';
import type { FleetcastClient } from '../../sdk/typescript/client.ts';
import type { Heartbeat, Sample, TaskEvent } from '../../sdk/typescript/records.ts';
import type { DemoAgent } from './fleet.ts';
import { heartbeatsOf } from './heartbeats.ts';
import { samplesOf } from './samples.ts';
import type { Scenario } from './scenario.ts';
import { taskEventsOf } from './tasks.ts';
import type { TimeWindow } from './window.ts';

/** How often agents report. */
export interface Cadence {
  heartbeatMs: number;
  sampleMs: number;
  /** Whether samples are spread over the step, or all are taken on it. */
  isStaggered: boolean;
}

/** The same for history and live: a heartbeat gap that changed with the source of the data would look like an anomaly. */
const heartbeatMs = 600_000;

/** Coarse enough to send two weeks in half a minute; no coarser than the gap over which anomalies are joined. */
export const historyCadence: Cadence = { heartbeatMs, sampleMs: 900_000, isStaggered: false };
export const liveCadence: Cadence = { heartbeatMs, sampleMs: 60_000, isStaggered: true };

export interface Fleet {
  agents: readonly DemoAgent[];
  scenario: Scenario;
}

/** Records by kind, as they are drawn from the generators. */
export interface Records {
  heartbeats: Iterable<Heartbeat>;
  samples: Iterable<Sample>;
  events: Iterable<TaskEvent>;
}

/** What the whole fleet reports in a window: history and live data are this one function. */
export function recordsOf({ agents, scenario }: Fleet, window: TimeWindow, cadence: Cadence): Records {
  return {
    heartbeats: chain(agents, (agent) => heartbeatsOf(agent, scenario, window, cadence.heartbeatMs)),
    samples: chain(agents, (agent) => samplesOf(agent, scenario, window, cadence.sampleMs, cadence.isStaggered)),
    events: chain(agents, (agent) => taskEventsOf(agent, scenario, window)),
  };
}

/**
 * Sends records of all three kinds side by side, each over so many requests at a time.
 *
 * @returns how many were stored
 * @throws Error when the service refuses one: the demo sends nothing that is wrong.
 */
export async function sendAll(
  fleetcast: FleetcastClient,
  { heartbeats, samples, events }: Records,
  { signal, concurrency = 1 }: { signal: AbortSignal; concurrency?: number },
): Promise<number> {
  const options = { signal, concurrency, backfill: true };
  const results = await Promise.all([
    fleetcast.heartbeats(heartbeats, options),
    fleetcast.samples(samples, options),
    fleetcast.events(events, options),
  ]);
  return results.reduce((total, result) => total + acceptedOf(result), 0);
}

function acceptedOf({ accepted, refused, errors }: SendResult): number {
  if (refused > 0)
    throw new Error(`the service refused ${refused} records: ${errors[0]?.pointer} ${errors[0]?.detail}`);
  return accepted;
}

function* chain<T>(agents: readonly DemoAgent[], recordsOfAgent: (agent: DemoAgent) => Iterable<T>): Generator<T> {
  for (const agent of agents) yield* recordsOfAgent(agent);
}
