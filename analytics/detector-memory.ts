import { decodeState, encodeState, type FlatState } from '../models/detectors/flat-state.ts';
import { type DetectorId, getDetector } from '../models/detectors/registry.ts';
import type { ThresholdState } from '../models/thresholds.ts';
import { countDetectorStates, detectorStates, laterDetectorStates } from '../store/queries/detection.ts';
import type { Tenant } from '../store/records/tenants.ts';
import type { RowOf } from '../store/table.ts';
import { detectorStatesTable } from '../store/tables.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { createBreather } from '../telemetry/turn.ts';
import type { JobWindow } from './job.ts';

/** What a detector remembers of a series between windows. */
export interface Memory {
  detector: FlatState;
  threshold: ThresholdState;
  /** The length of the buckets that it scores. */
  stepMs: number;
  /** Unix milliseconds; every bucket that ended by then has been seen. */
  asOf: number;
}

/** As the store keeps it. */
export interface KeptMemory extends Pick<Memory, 'threshold' | 'stepMs'> {
  /** Absent in states of the first version. */
  version?: number;
  detector: string;
}

export const dayMs = 86_400_000;
/** So many states go into one insert, and come in one answer: each is kilobytes, and they are put together, and taken apart, in one turn. */
const statesPerInsert = 500;
const statesPerQuery = 500;

/**
 * The memories of all series of a tenant, by series, as they were at or before `before`. A state of another version of
 * the detector is left out and counted in `outdated`: its series begins anew.
 */
export async function loadMemories(
  telemetry: TelemetryStore,
  tenant: Tenant,
  detector: DetectorId,
  before: number,
): Promise<{ memories: Map<string, Memory>; outdated: number }> {
  const breather = createBreather();
  const memories = new Map<string, Memory>();
  const { stateLength, stateVersion } = getDetector(detector);
  const question = { tenant: tenant.id, detector, before };
  const [{ series }] = (await telemetry.query(countDetectorStates, question)) as [{ series: number }];
  const shards = Math.max(1, Math.ceil(series / statesPerQuery));
  let outdated = 0;
  for (let shard = 0; shard < shards; shard++) {
    for (const { id, as_of, state } of await telemetry.query(detectorStates, { ...question, shard, shards })) {
      const kept = JSON.parse(state) as KeptMemory;
      const { version = 1 } = kept;
      const detectorState = version === stateVersion ? decodeState(kept.detector, stateLength) : null;
      if (detectorState === null) outdated++;
      else memories.set(id, { ...kept, detector: detectorState, asOf: as_of });
      if (breather.isDue()) await breather.now();
    }
  }
  return { memories, outdated };
}

/**
 * From where points must be read so that each state reaches `from`. Whatever had moved was kept together, so when no
 * newer state hides an older one, everything goes on from the newest. A window of the past may begin after the newest
 * state of a series that was kept, which is at most a day older for one that was active; a series that has none began on
 * the day of `from`.
 */
export async function catchUpFrom(
  telemetry: TelemetryStore,
  tenant: Tenant,
  detector: DetectorId,
  memories: ReadonlyMap<string, Memory>,
  from: number,
): Promise<number> {
  const midnight = endOfDay(from) - dayMs;
  let [oldest, newest] = [midnight, Number.NEGATIVE_INFINITY];
  for (const { asOf } of memories.values()) {
    newest = Math.max(newest, asOf);
    if (asOf >= from - 2 * dayMs) oldest = Math.min(oldest, asOf);
  }
  const [later] = await telemetry.query(laterDetectorStates, { tenant: tenant.id, detector, before: from });
  return later!.states === 0 && newest >= midnight ? newest : oldest;
}

/** The midnight (UTC) after `time`. */
export function endOfDay(time: number): number {
  return (Math.floor(time / dayMs) + 1) * dayMs;
}

/** Keeps the memories that have moved since `savedTo`, as of `asOf`, which is the end of the window or a midnight within it. */
export async function saveMemories(
  telemetry: TelemetryStore,
  tenant: Tenant,
  detector: DetectorId,
  memories: ReadonlyMap<string, Memory>,
  { retainFromDay }: JobWindow,
  savedTo: number,
  asOf: number,
): Promise<void> {
  let rows: RowOf<typeof detectorStatesTable>[] = [];
  const version = getDetector(detector).stateVersion;
  const breather = createBreather();
  for (const [id, { detector: state, threshold, stepMs, asOf: movedTo }] of memories) {
    if (movedTo <= savedTo) continue;
    rows.push({
      tenant: tenant.id,
      detector,
      series_id: id,
      day: Math.floor((asOf - 1) / dayMs),
      as_of: asOf,
      state: JSON.stringify({ version, detector: encodeState(state), threshold, stepMs } satisfies KeptMemory),
      until: retainFromDay + tenant.rawRetentionDays,
    });
    if (rows.length === statesPerInsert) {
      await telemetry.insert(detectorStatesTable, rows);
      rows = [];
    }
    if (breather.isDue()) await breather.now();
  }
  await telemetry.insert(detectorStatesTable, rows);
}
