import type { Forecast, ForecastRequest } from '../models/forecasters/forecaster.ts';
import type { ForecasterId, TrainedWeights } from '../models/forecasters/registry.ts';
import type { ModelPool } from '../models/pool.ts';
import { type RegularSeries, toRegular } from '../models/series.ts';
import { pointsOfAllSeries } from '../store/queries/packed-points.ts';
import { grains } from '../store/queries/points.ts';
import { listTenants, type Tenant } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import type { RowOf } from '../store/table.ts';
import { aggregations, forecastsTable } from '../store/tables.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { ForecastNetwork } from './forecast-network.ts';
import type { Job, JobWindow } from './job.ts';
import { findReplaced, logChanges } from './stand-ins.ts';

export interface ForecastJobOptions {
  telemetry: TelemetryStore;
  state: StateStore;
  models: ModelPool;
  network: ForecastNetwork;
  /** Metrics that are not forecast. */
  excludeMetrics: readonly string[];
}

/** What users get, and what stands in for it on series where it did worse than that. */
const forecaster: ForecasterId = 'combined';
const standIn: ForecasterId = 'seasonal-naive';
const { stepMs } = grains.hour;
export const horizonSteps = 48;
export const historyMs = 28 * 86_400_000;
export const forecastLevels = [0.025, 0.1, 0.5, 0.9, 0.975] as const;
const seriesPerTask = 50;
/** So many tasks wait for a thread at a time; their histories are in memory twice. */
const tasksAtOnce = 4;
/** A series that has been silent for so long has no future to speak of. */
export const maxSilenceSteps = 6;

/**
 * Forecasts every series that lives, up to 48 hours ahead from the end of the window, by the combination of forecasters that
 * did best on the past of each. Where the ledger says that it did worse than seasonal naive, that is what users get, and
 * the combination is stored beside it, to be scored until it does better.
 */
export function createForecastJob({ telemetry, state, models, network, excludeMetrics }: ForecastJobOptions): Job {
  return {
    id: 'forecast',
    description: 'Forecasts every series 48 hours ahead',
    schedule: '0 5 * * * *',
    intervalSeconds: 3600,
    stepSeconds: 3600,
    maxWindowSeconds: 86_400,
    initialLookbackSeconds: 3600,
    async run(window) {
      const counts = { series: 0, forecasts: 0, tooShort: 0, replaced: 0 };
      for (const tenant of await listTenants(state)) {
        const trained = { seasonalMlp: await network.weightsOf(tenant.id) };
        const replaced = await findReplaced(telemetry, tenant, forecaster, window.to);
        await logChanges(telemetry, tenant, replaced, window.to, window.log);
        const range = { from: window.to - historyMs, to: window.to };
        const histories = await readHourlyHistories(telemetry, tenant, range, excludeMetrics);
        const step = tasksAtOnce * seriesPerTask;
        for (let start = 0; start < histories.length; start += step) {
          window.signal.throwIfAborted();
          const some = histories.slice(start, start + step);
          const rows = await forecastSome(models, some, trained, replaced, tenant, window);
          await telemetry.insert(forecastsTable, rows);
          const chosen = rows.filter((row) => row.chosen === 1);
          counts.forecasts += chosen.length;
          counts.tooShort += some.length - chosen.length;
          counts.replaced += rows.length - chosen.length;
          window.progress((start + some.length) / histories.length);
        }
        counts.series += histories.length;
      }
      return counts;
    },
  };
}

export interface History {
  id: string;
  isRatio: boolean;
  series: RegularSeries;
}

/**
 * The hourly values of `[from, to)`, of every series that was heard of shortly before `to`; an hour without a value
 * is NaN, or 0 where values are counts.
 */
export async function readHourlyHistories(
  telemetry: TelemetryStore,
  tenant: Tenant,
  { from, to }: { from: number; to: number },
  excludeMetrics: readonly string[],
): Promise<History[]> {
  const histories: History[] = [];
  const shards = 4;
  for (let shard = 0; shard < shards; shard++) {
    const params = {
      tenant: tenant.id,
      from,
      to,
      shard,
      shards,
      exclude: [...excludeMetrics],
      aggregations: [...aggregations],
    };
    for (const { id, isCount, isRatio, points } of await telemetry.queryPacked(pointsOfAllSeries.hour, params)) {
      if ((points.times.at(-1) ?? 0) < to - maxSilenceSteps * stepMs) continue;
      const series = fillCounts(toRegular(points, points.times[0]!, to, stepMs), isCount);
      histories.push({ id, isRatio, series });
    }
  }
  return histories;
}

/** An hour without a value is 0 where values are counts, and missing elsewhere. */
export function fillCounts(series: RegularSeries, isCount: boolean): RegularSeries {
  return isCount ? { ...series, values: series.values.map((value) => (Number.isNaN(value) ? 0 : value)) } : series;
}

type ForecastRow = RowOf<typeof forecastsTable>;

async function forecastSome(
  models: ModelPool,
  histories: readonly History[],
  trained: TrainedWeights,
  replaced: ReadonlyMap<string, string>,
  tenant: Tenant,
  { to, retainFromDay, signal }: JobWindow,
): Promise<ForecastRow[]> {
  const until = retainFromDay + tenant.rollupRetentionDays;
  const tasks: Promise<ForecastRow[]>[] = [];
  const ask = (by: ForecasterId, some: readonly History[]) => {
    for (let start = 0; start < some.length; start += seriesPerTask) {
      const batch = some.slice(start, start + seriesPerTask);
      const requests = batch.map(requestOf);
      const task = models.forecast({ forecaster: by, requests, trained }, { signal });
      tasks.push(
        task.then((results) =>
          batch.flatMap(({ id }, i) => {
            const result = results[i]!;
            const key = { tenant: tenant.id, series_id: id, issued_at: to, until };
            return result.ok ? [rowOf(result, key, by, replaced.get(id))] : [];
          }),
        ),
      );
    }
  };
  ask(forecaster, histories);
  ask(
    standIn,
    histories.filter(({ id }) => replaced.has(id)),
  );
  return (await Promise.all(tasks)).flat();
}

/** A young series is forecast as far ahead as it is old, and a ratio between 0 and 1. */
function requestOf({ series, isRatio }: History): ForecastRequest {
  const observed = series.values.reduce((count, value) => count + (Number.isFinite(value) ? 1 : 0), 0);
  return {
    history: series,
    horizon: Math.max(1, Math.min(horizonSteps, observed)),
    seasonLengths: seasonLengthsOf(series),
    levels: forecastLevels,
    ...(isRatio && { bounds: ratioBounds }),
  };
}

const ratioBounds = { lower: 0, upper: 1 };

/** What a metric of this name cannot leave: `_ratio` says that it lies between 0 and 1. */
export function boundsOf(metric: string): NonNullable<ForecastRequest['bounds']> {
  return metric.endsWith('_ratio') ? ratioBounds : {};
}

/** A season is used once the history holds it twice. */
export function seasonLengthsOf({ values }: RegularSeries): number[] {
  return [24, 168].filter((length) => values.length >= 2 * length + horizonSteps);
}

function rowOf(
  forecast: Forecast,
  key: Pick<ForecastRow, 'tenant' | 'series_id' | 'issued_at' | 'until'>,
  by: ForecasterId,
  replacedBecause: string | undefined,
): ForecastRow {
  const isStandIn = by === standIn;
  return {
    ...key,
    forecaster: by,
    step_seconds: stepMs / 1000,
    mean: forecast.mean,
    levels: forecastLevels,
    quantiles: forecast.quantiles.flatMap((level) => [...level]),
    chosen: isStandIn || replacedBecause === undefined ? 1 : 0,
    mase: forecast.mase,
    naive_mase: forecast.naiveMase,
    tested_steps: forecast.testedHorizon,
    folds: forecast.folds,
    members: JSON.stringify(forecast.members),
    replaced_because: isStandIn ? (replacedBecause ?? '') : '',
  };
}
