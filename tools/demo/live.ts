import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetcastClient } from '../../sdk/typescript/client.ts';
import { FleetcastError } from '../../sdk/typescript/error.ts';
import { type Fleet, liveCadence, recordsOf, sendAll } from './feed.ts';
import type { Machine } from './machine.ts';

const tickMs = 5000;
const machineIntervalSeconds = 15;

export interface LiveOptions {
  signal: AbortSignal;
  /** Told of each tick that could not be sent; the next one sends its records too. */
  onFailure: (error: FleetcastError) => void;
}

/**
 * Continues the history of the fleet in real time, from `fromMs` until the signal: every few seconds it sends what has
 * happened since the last time.
 *
 * @param onSent told after each tick up to where everything is stored.
 */
export async function feedFleet(
  fleetcast: FleetcastClient,
  fleet: Fleet,
  fromMs: number,
  { signal, onFailure, onSent }: LiveOptions & { onSent: (sentUntilMs: number) => void },
): Promise<void> {
  let sentUntilMs = fromMs;
  await everyTick({ signal, onFailure }, async () => {
    const window = { fromMs: sentUntilMs, toMs: Date.now() };
    await sendAll(fleetcast, recordsOf(fleet, window, liveCadence), { signal });
    sentUntilMs = window.toMs;
    onSent(sentUntilMs);
  });
}

/** Sends what this machine measures of itself every few seconds, until the signal. */
export async function feedMachine(fleetcast: FleetcastClient, machine: Machine, options: LiveOptions): Promise<void> {
  await everyTick(options, async () => {
    const nowMs = Date.now();
    const heartbeats = [machine.heartbeat(nowMs, machineIntervalSeconds)];
    await sendAll(fleetcast, { heartbeats, samples: await machine.samples(nowMs), events: [] }, options);
  });
}

async function everyTick({ signal, onFailure }: LiveOptions, send: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    try {
      await send();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof FleetcastError)) throw error;
      onFailure(error);
    }
    await sleep(tickMs, undefined, { signal }).catch(() => {});
  }
}
