import { openTelemetryStore } from '../../store/telemetry.ts';
import {
  type Counts,
  countDerivedChanges,
  countEvents,
  countHeartbeats,
  countSamples,
} from '../support/stored-rows.ts';
import { type Acknowledged, sampleMetric } from './sender.ts';

/** What is wrong in the data folder of a service that has ended. */
export interface Faults {
  lost: string[];
  twice: string[];
  /** By how much the series that is derived of task events differs from the events: views that saw a block twice or not. */
  derivedTwice: number;
}

/** Holds what was acknowledged against the rows in the data folder, as they were written. */
export function findFaults(dataDir: string, acknowledged: Acknowledged): Promise<Faults> {
  return findFaultsAt(`chdb:${dataDir}/clickhouse`, acknowledged);
}

/** The same for the store at a URL. */
export async function findFaultsAt(url: string, acknowledged: Acknowledged): Promise<Faults> {
  const store = await openTelemetryStore({ url });
  try {
    const counts: Record<keyof Acknowledged, Counts> = {
      heartbeats: await countHeartbeats(store),
      events: await countEvents(store),
      samples: await countSamples(store, sampleMetric),
    };
    const kinds = Object.keys(counts) as (keyof Acknowledged)[];
    return {
      lost: kinds.flatMap((kind) => acknowledged[kind].filter((id) => !counts[kind].has(id))),
      derivedTwice: (await countDerivedChanges(store)) - [...counts.events.values()].reduce((a, b) => a + b, 0),
      twice: kinds.flatMap((kind) => [...counts[kind]].filter(([, count]) => count > 1).map(([id]) => id)),
    };
  } finally {
    await store.close();
  }
}
