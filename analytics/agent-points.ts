import type { Frame } from '../models/multivariate/frame.ts';
import type { Points } from '../models/series.ts';
import { pointsOfAllSeries } from '../store/queries/packed-points.ts';
import type { Tenant } from '../store/records/tenants.ts';
import { aggregations } from '../store/tables.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { createBreather } from '../telemetry/turn.ts';
import type { AgentSeries } from './agent-series.ts';

export const minuteMs = 60_000;

/** Values by the minute from `startMs` on, by series; a minute without a value is NaN. */
export interface MinuteValues {
  startMs: number;
  minutes: number;
  bySeries: ReadonlyMap<string, Float64Array>;
}

/** Reads the minutes `[from, to)` of all of the series at once. */
export async function readMinutes(
  telemetry: TelemetryStore,
  tenant: Tenant,
  series: readonly AgentSeries[],
  { from, to, excludeMetrics }: { from: number; to: number; excludeMetrics: readonly string[] },
): Promise<MinuteValues> {
  const wanted = new Set(series.map(({ id }) => id));
  const minutes = Math.max(0, (to - from) / minuteMs);
  const rows = await telemetry.queryPacked(pointsOfAllSeries.minute, {
    tenant: tenant.id,
    from,
    to,
    shard: 0,
    shards: 1,
    exclude: [...excludeMetrics],
    aggregations: aggregations.filter((aggregation) => aggregation !== 'sum'),
  });
  const bySeries = new Map<string, Float64Array>();
  const breather = createBreather();
  for (const { id, points } of rows) {
    if (wanted.has(id)) bySeries.set(id, onGrid(points, from, minutes));
    if (breather.isDue()) await breather.now();
  }
  return { startMs: from, minutes, bySeries };
}

/** Puts buckets of a minute on a grid of minutes. */
export function onGrid({ times, values }: Points, startMs: number, minutes: number): Float64Array {
  const grid = new Float64Array(minutes).fill(Number.NaN);
  for (let i = 0; i < times.length; i++) {
    const minute = (times[i]! - startMs) / minuteMs;
    if (minute >= 0 && minute < minutes) grid[minute] = values[i]!;
  }
  return grid;
}

/** A value speaks for so many minutes after it, for agents that report less often than every minute. */
const heldMinutes = 15;

/**
 * The rows of one agent, a column a dimension, as deviations from the centres; a value holds until the next, for a
 * quarter of an hour at most.
 */
export function frameOf(
  { startMs, minutes, bySeries }: MinuteValues,
  series: readonly AgentSeries[],
  dimensions: readonly string[],
  centres: Readonly<Record<string, number>>,
): Frame {
  const width = dimensions.length;
  const values = new Float32Array(minutes * width).fill(Number.NaN);
  for (const { id, dimension } of series) {
    const j = dimensions.indexOf(dimension);
    const column = bySeries.get(id);
    const centre = centres[id];
    if (j < 0 || column === undefined || centre === undefined) continue;
    for (let minute = 0, seen = Number.NEGATIVE_INFINITY; minute < minutes; minute++) {
      if (Number.isFinite(column[minute])) seen = minute;
      if (minute - seen < heldMinutes) values[minute * width + j] = column[seen]! - centre;
    }
  }
  return { startMs, stepMs: minuteMs, width, values };
}
