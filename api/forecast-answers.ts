import type { z } from 'zod';
import type { ForecastInquiry, Silent } from '../analytics/forecast-on-demand.ts';
import type { Forecast, InsufficientHistory } from '../models/forecasters/forecaster.ts';
import type { forecastsOfSeries, listForecasts } from '../store/queries/forecasts.ts';
import type { SelectedSeries } from '../store/queries/selected-series.ts';
import { AppError } from '../telemetry/errors.ts';
import { finiteOrNull, toIso } from './values.ts';

export type ForecastRow = z.output<typeof forecastsOfSeries.row>;

/** A forecast in short, as a list has it. */
export function toSummary({ series_id, mase, issued_at, ...row }: z.output<typeof listForecasts.row>) {
  return {
    seriesId: series_id,
    ...row,
    mase: finiteOrNull(mase),
    issuedAt: toIso(issued_at),
    source: 'stored' as const,
    chosen: true,
  };
}

/** A forecast in full. */
export function toForecast(
  { id, metric, labels, unit }: SelectedSeries,
  row: ForecastRow,
  source: 'stored' | 'computed',
) {
  return {
    seriesId: id,
    ...{ metric, labels, unit, source },
    forecaster: row.forecaster,
    mase: finiteOrNull(row.mase),
    issuedAt: toIso(row.issued_at),
    chosen: row.chosen,
    ...(row.replaced_because !== '' && { replacedBecause: row.replaced_because }),
    stepSeconds: row.step_seconds,
    times: row.mean.map((_, h) => row.issued_at + h * row.step_seconds * 1000),
    mean: row.mean.map(finiteOrNull),
    levels: row.levels.map(finiteOrNull),
    naiveMase: finiteOrNull(row.naive_mase),
    testedSteps: row.tested_steps,
    folds: row.folds,
    members: row.members,
    quantiles: row.levels.map((_, l) =>
      row.quantiles.slice(l * row.mean.length, (l + 1) * row.mean.length).map(finiteOrNull),
    ),
  };
}

/** The part of a stored forecast that was asked for; undefined when it does not carry the horizon or the levels. */
export function cutForecast(
  row: ForecastRow,
  { horizon, levels }: { horizon: number; levels: readonly number[] },
): ForecastRow | undefined {
  const columns = levels.map((level) => row.levels.findIndex((stored) => Math.abs(stored - level) < 1e-9));
  if (row.step_seconds !== 3600 || horizon > row.mean.length || columns.includes(-1)) return undefined;
  return {
    ...row,
    mean: row.mean.slice(0, horizon),
    levels: [...levels],
    quantiles: columns.flatMap((l) => row.quantiles.slice(l * row.mean.length, l * row.mean.length + horizon)),
  };
}

/**
 * A forecast that was computed, in the form of a stored one.
 *
 * @throws AppError `insufficient_history` that says what is needed and what there is.
 */
export function rowOf(
  result: Forecast | InsufficientHistory | Silent,
  { horizon, levels, forecaster, to }: ForecastInquiry,
  replacedBecause: string,
): ForecastRow {
  if (!result.ok) throw refusal(result, horizon);
  return {
    forecaster,
    issued_at: to,
    step_seconds: 3600,
    mean: [...result.mean],
    levels: [...levels],
    quantiles: result.quantiles.flatMap((column) => [...column]),
    chosen: true,
    mase: result.mase,
    naive_mase: result.naiveMase,
    tested_steps: result.testedHorizon,
    folds: result.folds,
    members: result.members.map((member) => ({ ...member, mase: finiteOrNull(member.mase) })),
    replaced_because: replacedBecause,
  };
}

function refusal(result: InsufficientHistory | Silent, horizon: number): AppError {
  if (result.reason === 'silent')
    return new AppError('insufficient_history', `the series has been silent for ${result.hours} hours`, {
      errors: [{ pointer: '/series', detail: 'silent' }],
    });
  const { needed, available } = result;
  const detail = `a horizon of ${horizon} hours needs ${needed} observed hours; ${available} are available`;
  return new AppError('insufficient_history', detail, { errors: [{ pointer: '/horizon', detail }] });
}
