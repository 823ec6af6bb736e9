import type { SeasonalMlpWeights } from '../networks/seasonal-mlp-weights.ts';
import { autoregression, differencedAutoregression } from './autoregression.ts';
import { createForecaster } from './calibrated.ts';
import { dampedTrend } from './damped-trend.ts';
import type { Forecaster } from './forecaster.ts';
import { lagRidge, sparseLagRidge } from './lag-ridge.ts';
import { autoEts, mstlEts } from './mstl-ets.ts';
import { drift, naive } from './naive.ts';
import { onDeseasonalised, onLogScale } from './point-forecaster.ts';
import { createSeasonalMlp } from './seasonal-mlp.ts';
import { longestSeasonalNaive, seasonalMean, seasonalNaive } from './seasonal-naive.ts';
import { theta } from './theta.ts';

/**
 * Every forecaster there is, the combination that users get first; a new one is a file, a name here and a line in
 * `createForecasters`.
 */
export const forecasterIds = [
  'combined',
  'seasonal-naive',
  'drift',
  'theta',
  'damped-trend',
  'ar',
  'lag-ridge',
  'auto-ets',
  'mstl-ets',
  'seasonal-mlp',
] as const;
export type ForecasterId = (typeof forecasterIds)[number];

/** What the trained forecasters need; one without its weights is absent from the registry. */
export interface TrainedWeights {
  seasonalMlp?: SeasonalMlpWeights | undefined;
}

/**
 * The members of the combination: each is here because series of some kind are worse without it. Theta and the models
 * of augurs are not: they cost more than they gave.
 */
const members = [
  naive,
  drift,
  seasonalNaive,
  longestSeasonalNaive,
  seasonalMean,
  dampedTrend,
  autoregression,
  differencedAutoregression,
  ...[dampedTrend, autoregression, differencedAutoregression].map(onDeseasonalised),
  ...[autoregression, differencedAutoregression].map(onDeseasonalised).map(onLogScale),
  ...[lagRidge, sparseLagRidge].flatMap((ridge) => [ridge, onLogScale(ridge)]),
];

/** The forecasters that can be asked, by id, in the order of `forecasterIds`. */
export function createForecasters(trained: TrainedWeights = {}): Map<ForecasterId, Forecaster> {
  const network = trained.seasonalMlp === undefined ? [] : [createSeasonalMlp(trained.seasonalMlp)];
  const networks = network.flatMap((mlp) => [mlp, onLogScale(mlp)]);
  const forecasters = [
    createForecaster('combined', [...members, ...networks], { hasFloor: true }),
    createForecaster('seasonal-naive', [seasonalNaive]),
    createForecaster('drift', [drift]),
    createForecaster('theta', [theta, onDeseasonalised(theta)]),
    createForecaster('damped-trend', [dampedTrend, onDeseasonalised(dampedTrend)]),
    createForecaster('ar', [autoregression, onDeseasonalised(autoregression)]),
    createForecaster('lag-ridge', [lagRidge]),
    createForecaster('auto-ets', [autoEts, onDeseasonalised(autoEts)]),
    createForecaster('mstl-ets', [mstlEts]),
    ...(networks.length === 0 ? [] : [createForecaster('seasonal-mlp', networks)]),
  ];
  return new Map(forecasters.map((forecaster) => [forecaster.id, forecaster]));
}
