import type { Labels } from './records.ts';

/** What was by cell, and the quantiles 0.1, 0.5 and 0.9 of what may be reached by the end of each cell ahead. */
export interface CapacityOutlook {
  /** Unix milliseconds: the ends of the cells. */
  times: number[];
  /** Of the first `past.length` cells; the others are of those that follow. */
  past: (number | null)[];
  low: (number | null)[];
  middle: (number | null)[];
  high: (number | null)[];
}

/** When one series, or a group of them, reaches a limit. Times are ISO 8601, UTC. */
export interface CapacityRow {
  seriesId: string | null;
  agent: string;
  type: string;
  labels: Labels;
  unit: string;
  series: number;
  limit: number | null;
  latest: number | null;
  latestAt: string;
  /** Whether the limit is passed now; then `reachedAt` is since when. */
  passed: boolean;
  /** By then it is reached with a probability of 0.5, 0.1 and 0.9; null beyond the horizon. */
  reachedAt: string | null;
  reachedAtLow: string | null;
  reachedAtHigh: string | null;
  daysLeft: number | null;
  daysLeftLow: number | null;
  daysLeftHigh: number | null;
  /** That it is reached within the horizon. */
  probability: number | null;
  growthPerDay: number | null;
  /** Why there is no date. */
  reason: 'beyond_horizon' | 'resets' | 'moving_away' | 'no_trend' | 'insufficient_history' | 'no_limit' | null;
  needed: number | null;
  available: number | null;
  /** When it was asked for. */
  outlook?: CapacityOutlook;
}

/** How forecasts did whose time has come; errors are over the mean change of a day. */
export interface LedgerFigures {
  forecaster: string;
  /** Of the hours from the part before until this one. */
  horizonHours: number;
  scored: number;
  observed: number;
  mase: number | null;
  naiveMase: number | null;
  /** Above 0 it did better than seasonal naive; at 0.3, by 30 %. */
  skill: number | null;
  pinball: number | null;
  bias: number | null;
  coverage: { nominal: number; actual: number | null }[];
}

export interface LedgerRow extends LedgerFigures {
  seriesId: string;
  metric: string;
  labels: Labels;
  lastDueAt: string;
}

export interface BacktestFigures {
  folds: number;
  mase: number | null;
  naiveMase: number | null;
  skill: number | null;
  coverage: number | null;
}

export interface ForecastBacktest {
  asOf: string;
  forecaster: string;
  horizon: number;
  interval: number;
  overall: BacktestFigures;
  series: (BacktestFigures & {
    seriesId: string;
    metric: string;
    labels: Labels;
    reason: 'insufficient_history' | null;
    needed: number | null;
    available: number | null;
  })[];
}

/** A version of a trained model. */
export interface Model {
  id: string;
  kind: string;
  version: number;
  inUse: boolean;
  parentId: string | null;
  trainingFrom: string | null;
  trainingTo: string | null;
  dataHash: string;
  checksum: string;
  weightBytes: number;
  backend: string;
  metrics: Record<string, number | null>;
  metadata: Record<string, unknown>;
  createdAt: string;
  promotedAt: string | null;
}

/** When measurements are not what they normally are. An empty selector selects all. */
export interface MaintenanceWindow {
  id: string;
  agent: string;
  type: string;
  metric: string;
  from: string;
  to: string;
  reason: string;
  createdBy: string;
  createdAt: string;
}
