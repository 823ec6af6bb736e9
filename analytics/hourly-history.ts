import { type RegularSeries, toRegular } from '../models/series.ts';
import { grains, pointsOfSeries } from '../store/queries/points.ts';
import type { SelectedSeries } from '../store/queries/selected-series.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { fillCounts, historyMs } from './forecast.ts';

const { stepMs } = grains.hour;
/** Longer ago, a series says little of what comes; and a forecast waits for it. */
const longestMs = 90 * 86_400_000;

/**
 * The hourly values of one series before `to`, from its first on: of four weeks, or of three times the horizon where
 * that is longer, ninety days at most. An hour without a value is NaN, or 0 where values are counts.
 */
export async function readHourlyHistory(
  telemetry: TelemetryStore,
  tenant: string,
  { id, aggregation }: Pick<SelectedSeries, 'id' | 'aggregation'>,
  { to, horizon }: { to: number; horizon: number },
): Promise<RegularSeries> {
  const from = to - Math.min(longestMs, Math.max(historyMs, 3 * horizon * stepMs));
  const [row] = await telemetry.query(pointsOfSeries.hour, { tenant, id, from, to });
  const points = { times: Float64Array.from(row?.times ?? []), values: Float64Array.from(row?.values ?? []) };
  return fillCounts(toRegular(points, points.times[0] ?? to, to, stepMs), aggregation === 'sum');
}
