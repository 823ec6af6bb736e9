import { testedSteps } from '../models/forecasters/trials.ts';
import type { SeasonalMlpWeights } from '../models/networks/seasonal-mlp-weights.ts';
import type { ModelPool } from '../models/pool.ts';
import { finiteValues } from '../models/statistics/finite-values.ts';
import { mean } from '../models/statistics/mean.ts';
import { forecastLevels, type History, horizonSteps, seasonLengthsOf } from './forecast.ts';

/**
 * The end of each history that a training does not see: all of the tests by which a forecast weighs its members, so that
 * none of them asks the network for what it has learnt by heart.
 */
export const heldOutSteps = testedSteps(horizonSteps);
/** So many forecasts of the held-out end are compared, one after the other. */
const folds = 2;
const seriesPerTask = 100;

/**
 * How two versions do on the same held-out forecasts, which neither has been trained on: the mean of their MASE and
 * coverage over the forecasts that both could make. `inUse...` is null without a version in use; all are null where
 * nothing could be held out.
 */
export async function compareWeights(
  models: ModelPool,
  histories: readonly History[],
  { candidate, inUse }: { candidate: SeasonalMlpWeights; inUse: SeasonalMlpWeights | undefined },
  signal: AbortSignal,
): Promise<Record<string, number | null>> {
  const [own, other] = [
    await score(models, histories, candidate, signal),
    inUse && (await score(models, histories, inUse, signal)),
  ];
  const both = own.mase.map(
    (mase, i) => Number.isFinite(mase) && (other === undefined || Number.isFinite(other.mase[i])),
  );
  const average = (values: readonly number[] | undefined) => {
    const among = finiteValues((values ?? []).filter((_, i) => both[i]));
    return among.length === 0 ? null : mean(among);
  };
  return {
    mase: average(own.mase),
    inUseMase: average(other?.mase),
    coverage: average(own.coverage),
    inUseCoverage: average(other?.coverage),
    comparedForecasts: both.filter(Boolean).length,
  };
}

/** MASE and coverage of every fold of every history, NaN where it could not be forecast. */
async function score(
  models: ModelPool,
  histories: readonly History[],
  weights: SeasonalMlpWeights,
  signal: AbortSignal,
) {
  const mase: number[] = [];
  const coverage: number[] = [];
  for (let start = 0; start < histories.length; start += seriesPerTask) {
    const requests = histories.slice(start, start + seriesPerTask).flatMap(({ series }) =>
      Array.from({ length: folds }, (_, fold) => {
        const history = {
          ...series,
          values: series.values.slice(0, Math.max(0, series.values.length - fold * horizonSteps)),
        };
        return { history, horizon: horizonSteps, seasonLengths: seasonLengthsOf(history), levels: forecastLevels };
      }),
    );
    const results = await models.backtest(
      { forecaster: 'seasonal-mlp', requests, trained: { seasonalMlp: weights } },
      { signal },
    );
    for (const result of results) {
      mase.push(result.ok ? result.mase : Number.NaN);
      coverage.push(result.ok ? result.coverage : Number.NaN);
    }
  }
  return { mase, coverage };
}
