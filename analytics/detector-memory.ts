import type { ThresholdState } from '../models/thresholds.ts';
import { detectorStates } from '../store/queries/detection.ts';
import type { Tenant } from '../store/records/tenants.ts';
import type { RowOf } from '../store/table.ts';
import { detectorStatesTable } from '../store/tables.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { createBreather } from '../telemetry/turn.ts';
import type { JobWindow } from './job.ts';

/** What a detector remembers of a series between windows. */
export interface Memory {
  detector: unknown;
  threshold: ThresholdState;
  /** The length of the buckets that it scores. */
  stepMs: number;
  /** Unix milliseconds; every bucket that ended by then has been seen. */
  asOf: number;
}

export const dayMs = 86_400_000;

/** The memories of all series of a tenant, by series, as they were at or before `before`. */
export async function loadMemories(
  telemetry: TelemetryStore,
  tenant: Tenant,
  detector: string,
  before: number,
): Promise<Map<string, Memory>> {
  const rows = await telemetry.query(detectorStates, { tenant: tenant.id, detector, before, shard: 0, shards: 1 });
  const memories = new Map<string, Memory>();
  const breather = createBreather();
  for (const { id, as_of, state } of rows) {
    memories.set(id, { ...(JSON.parse(state) as Omit<Memory, 'asOf'>), asOf: as_of });
    if (breather.isDue()) await breather.now();
  }
  return memories;
}

/**
 * From where points must be read so that each state reaches `from`: a window of the past may begin after the newest
 * state that was kept, which is at most a day older for a series that was active. A series that has none began on the
 * day of `from`.
 */
export function catchUpFrom(memories: ReadonlyMap<string, Memory>, from: number): number {
  let start = endOfDay(from) - dayMs;
  for (const { asOf } of memories.values()) if (asOf >= from - 2 * dayMs) start = Math.min(start, asOf);
  return start;
}

/** The midnight (UTC) after `time`. */
export function endOfDay(time: number): number {
  return (Math.floor(time / dayMs) + 1) * dayMs;
}

/** Keeps the memories that the window has moved by `asOf`, which is its end or a midnight within it. Answers how many. */
export async function saveMemories(
  telemetry: TelemetryStore,
  tenant: Tenant,
  detector: string,
  memories: ReadonlyMap<string, Memory>,
  { from, retainFromDay }: JobWindow,
  asOf: number,
): Promise<number> {
  const rows: RowOf<typeof detectorStatesTable>[] = [];
  const breather = createBreather();
  for (const [id, { detector: state, threshold, stepMs, asOf: movedTo }] of memories) {
    if (movedTo <= from) continue;
    rows.push({
      tenant: tenant.id,
      detector,
      series_id: id,
      day: Math.floor((asOf - 1) / dayMs),
      as_of: asOf,
      state: JSON.stringify({ detector: state, threshold, stepMs }),
      until: retainFromDay + tenant.rawRetentionDays,
    });
    if (breather.isDue()) await breather.now();
  }
  await telemetry.insert(detectorStatesTable, rows);
  return rows.length;
}
